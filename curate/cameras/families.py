"""What a model's name alone says: lines of cameras, phones and scanners that their makers name by a pattern.

Written from what makers call their products. A pattern is met from the start of the tidy model (no maker's prefix,
casefolded, spaces folded); the first that fits answers, so exceptions stand before their line. Nothing answers for a
name that no line claims: unknown stays unknown, and a maker's other products (phones, printers, microscopes) are never
taken for its cameras.

`HARD` holds lines that no data base should overrule (phones, tablets, scanners, drones, action cameras), `SOFT` lines
of cameras, `CODES` phones' codes that a data base may not know yet; both are asked last.
"""

# ruff: noqa: E501  (a line of cameras is read as one line)

from __future__ import annotations

import re
from dataclasses import dataclass

from curate.cameras.brands import folded
from curate.cameras.types import CameraType

SMARTPHONE = CameraType.SMARTPHONE
FEATURE_PHONE = CameraType.FEATURE_PHONE
TABLET = CameraType.TABLET
DSLR = CameraType.DSLR
MIRRORLESS = CameraType.MIRRORLESS
COMPACT = CameraType.COMPACT
ACTION = CameraType.ACTION
DRONE = CameraType.DRONE
CAMCORDER = CameraType.CAMCORDER
FILM_SCANNER = CameraType.FILM_SCANNER
SCANNER = CameraType.SCANNER
UNKNOWN = CameraType.UNKNOWN


@dataclass(frozen=True, slots=True)
class Family:
    """A line of devices: its name, the brands it belongs to (none: any brand), how its models are named, its type.

    The type `unknown` stops the search: the device is known to be none of the types, or to be named like two of them.
    """

    name: str
    brands: frozenset[str]
    pattern: re.Pattern[str]
    type: CameraType


def _lines(brands: str, *lines: tuple[str, CameraType, str]) -> tuple[Family, ...]:
    names = frozenset(filter(None, brands.split("|")))
    return tuple(Family(name, names, re.compile(pattern), kind) for name, kind, pattern in lines)


HARD: tuple[Family, ...] = (
    *_lines(
        "",
        ("film-scanner", FILM_SCANNER, r".*(film ?scan|slide ?scan|coolscan|dimage scan|opticfilm|sprintscan|flextight|primefilm|clas digital)"),
        ("scanner", SCANNER, r".*(canoscan|scanjet|scanmaker|scanexpress|snapscan|flatbed|\bscanner\b|\bmfp\b|multifunction)"),
        ("printer", SCANNER, r"(officejet|deskjet|laserjet|psc \d|envy \d|workcentre|docucentre|imagerunner|bizhub|lexmark|workforce)"),
    ),
    # --- phones and tablets
    *_lines(
        "Apple",
        ("iphone", SMARTPHONE, r"iphone"),
        ("ipad", TABLET, r"ipad"),
        ("ipod", UNKNOWN, r"ipod"),  # a player with a camera: none of the types
        ("quicktake", COMPACT, r"quicktake"),
    ),
    *_lines(
        "Google",
        ("pixel-tablet", TABLET, r"pixel (tablet|c)\b|nexus (7|9|10)\b"),
        ("pixel", SMARTPHONE, r"pixel( \d{1,2}[a-z]?| xl| fold|$)"),
        ("nexus", SMARTPHONE, r"nexus (one|s|4|5x?|6p?)$"),
    ),
    *_lines(
        "Samsung",
        ("gear-360", ACTION, r"sm-(c200|r210)"),
        ("galaxy-w", SMARTPHONE, r"sm-t255|sm-w(20\d\d|9\d{3})"),
        ("galaxy-tablet", TABLET, r"sm-[tpxw]\d{3}|gt-p\d{4}|gt-n(8\d{3}|51\d\d)|galaxy (tab|view|book|note 10\.1|note 8\.0)"),
        ("galaxy-camera", COMPACT, r"ek-[gk]c\d{3}|galaxy camera"),
        ("galaxy-nx", MIRRORLESS, r"ek-gn\d{3}|galaxy nx"),
        ("galaxy", SMARTPHONE, r"sm-[aefgjmnsz]\d{3}|sm-c(1\d\d|[579]\d{2})|sm-b9\d{3}|galaxy (?!watch|gear|buds|ring|fit|xr)[a-z]"),
        ("samsung-feature", FEATURE_PHONE, r"sm-b\d{3}[a-z]*$|gt-[ce]\d{4}|sgh-[a-hj-lo-su-z]\d{3}$"),
        ("samsung-i", SMARTPHONE, r"gt-[in]\d{4}"),
        ("docomo-tablet", TABLET, r"sc-(01[cde]|02d|03g)$"),
        ("docomo-galaxy", SMARTPHONE, r"sc-\d\d[a-z]$"),
        ("au-galaxy", SMARTPHONE, r"sc[gv]\d\d$"),
    ),
    *_lines(
        "Sony",
        ("xperia-tablet", TABLET, r"xperia.*tablet|sgpt?\d{2,3}|so-(03e|05[fg])$|sot\d\d$"),
        ("xperia", SMARTPHONE, r"xperia|xq-[a-z]{2}\d\d|so-\d\d[a-z]$|so[glv]\d\d$|a?\d{3}so$"),
        ("xperia-code", SMARTPHONE, r"([c-h]\d{4}|i[34]\d{3}|j[389]\d{3}|([lms]t|x[lm])\d\d[ahi]\d?|c\d{4}[a-z]?)$"),
        ("sony-action", ACTION, r"hdr-a[sz]\d|fdr-x\d{4}"),
    ),
    *_lines(
        "Sony Ericsson",
        ("xperia", SMARTPHONE, r"xperia|(x1|x10|e1[056]|u20|[lms]t\d\d|sk17|r800|mk16|wt1[389]|so-01[bcd]|is11s|x8)[aix]*$"),
        ("symbian", SMARTPHONE, r"(p(800|9[019]0|1)|m600|w9[56]0|g[79]00|u[158])[cdi]*$|satio|vivaz"),
        ("sony-ericsson-feature", FEATURE_PHONE, r"([cfjkrstvz]\d{3}|w[1-8]\d{2}|w9(02|80|95)|u100?|d750|t[67]07)[acdi]*$"),
    ),
    *_lines("Microsoft|Nokia", ("lumia-tablet", TABLET, r"lumia 2520"), ("lumia", SMARTPHONE, r"lumia")),
    *_lines("Microsoft", ("surface-duo", SMARTPHONE, r"surface duo"), ("surface", TABLET, r"surface")),
    *_lines(
        "Nokia|HMD",
        # N and E series and the numbers below run Symbian, Maemo or MeeGo: smartphones
        ("nokia-series", SMARTPHONE, r"(n(7\d|8\d|9[0-7]|900|950|8|9)|e(5|6|7|5[0125]|6[0-35-6]|7[0-35]|90))\b( classic| mini|i|-0?\d{1,2}|$)"),
        ("symbian", SMARTPHONE, r"(808|603|70[01]|3230|3250|3650|3660|5230|5235|5320|5500|5530|5700|5800|6120|6290|6630|6680|6681|7610|7650)\b"),
        ("symbian", SMARTPHONE, r"(c5|c6|c7|x6|x7)-0\d"),
        ("series-40", FEATURE_PHONE, r"(3110|3120|3500|3600 slide|3720|5130|5200|5220|5300|5310|5610|6021|6080|6085|6101|6103|6111|6131|6151|"
         r"6170|6230i?|6233|6234|6270|6280|6288|6300|6303|6500|6555|7360|7370|7373|7390|7500|7900|8600|8800|2630|2690|2700|2730)"
         r"(d|i|ci?|classic| classic|s| slide)*(-\d+[a-z]?)?$|[cx][123]-0\d|asha (2|30)\d*"),
        ("nokia-android", SMARTPHONE, r"(\d\.\d( plus)?$|[1-9] plus$|[gxc]\d\d( 5g| pro| plus)?$|xr\d\d|8 sirocco|8 v 5g|pureview)"),
        ("nokia-tablet", TABLET, r"(t10|t20|t21|n1)$"),
    ),
    *_lines("HTC", ("htc-tablet", TABLET, r"flyer|jetstream|nexus 9|evo view"), ("re-camera", ACTION, r"re$"),
            ("htc", SMARTPHONE, r"(one|desire|u ?\d\d|u play|u ultra|wildfire|sensation|evo|incredible|hero|magic|dream|legend|rhyme|"
             r"radar|titan|trophy|mozart|hd\d?\b|touch|tytn|butterfly|droid|exodus|10\b|bolt|first|velocity|inspire|thunderbolt|tattoo|"
             r"explorer|salsa|chacha|vivid|amaze|rezound|surround|nexus one|pg\d{5}|2[pq][a-z\d]{4,})")),
    *_lines("OnePlus", ("oneplus-tablet", TABLET, r"pad|opd\d"), ("oneplus", SMARTPHONE,
            r"([a-z]\d{4}|[a-z]{2}\d{4}|[a-z]{3}\d{3}|(oneplus )?\d{1,2}(t|r|rt| pro)*( 5g)?|one|x|nord.*|open|ace.*)$")),
    *_lines("OPPO", ("oppo-tablet", TABLET, r"pad( |\d|$)|opd\d{4}"), ("oppo", SMARTPHONE, r"cph\d{4}|(find|reno|realme) |p[a-z]{2}[mt]\d\d|[fkar]\d{1,3}[a-z]* ?(pro|plus|5g)?$")),
    *_lines("realme|OPPO", ("realme-tablet", TABLET, r"rmp\d{4}|pad"), ("realme", SMARTPHONE, r"rmx\d{4}|(c|gt|x|q|v|p|narzo) ?\d*|\d{1,2}( pro| pro plus|i|s)?")),
    *_lines("vivo", ("vivo-tablet", TABLET, r"pa2\d{3}|(vivo |iqoo )?pad"), ("vivo", SMARTPHONE, r"v\d{4}[a-z]*$|i\d{4}$|\d{4}$|[vxysztk]\d{1,3}[a-z]*( (pro|plus|lite|ultra|mini|max|fe)\b.*|\+| 5g|$)|iqoo|nex|x (fold|flip|note)")),
    *_lines("Fairphone", ("fairphone", SMARTPHONE, r"fp\d|(fairphone )?\d|\(gen")),
    *_lines("Nothing", ("nothing", SMARTPHONE, r"a\d{3}|ain\d{3}|phone")),
    *_lines("Motorola", ("xoom", TABLET, r"mz\d{3}|xoom|moto (tab|pad)|xt2261"), ("motorola", SMARTPHONE, r"xt\d{3,4}|mb\d{3}|moto ?[a-z]|edge|one\b|droid|razr (5g|40|50|60|plus|ultra|20\d\d)|milestone|defy|atrix|nexus 6"),
            ("motorola-feature", FEATURE_PHONE, r"(motorazr|razr|mot-)? ?(v3|v6|v8|v9|v220|v300|v360|v500|v600|v620|v980|l6|l7|l9|k1|k3|e398|e1000|w375|w510|u6|u9|zn5|z3|z6)[a-z]{0,2}$")),
    *_lines("LG", ("lg-tablet", TABLET, r"v(4|5|7)\d{2}[a-z]*$|g pad|lm-t\d{3}"), ("lg", SMARTPHONE, r"lm-[a-z]\d{3}|[defhpqx]\d{3}[a-z\d]*$|k\d{3}[a-z\d]*$|m\d{3}[a-z\d]*$|(vs|us|ls|ms|as)\d{3}|nexus|g\d( |$)|v\d0\b|(lg)?l[gv][lv]?\d\d$|optimus|velvet|wing"),
            ("lg-feature", FEATURE_PHONE, r"((kp|ku|ke|kf|kg|km|ks|kc|gd|gs|cu|cf|cb|ux|ax|lx|bl)\d{3}|vx\d{4})[a-z]?$")),
    *_lines("BlackBerry", ("playbook", TABLET, r"playbook"), ("blackberry", SMARTPHONE, r"(blackberry )?(8[1-9]\d\d|9[0-9]\d{2}|z10|z30|z3|q5|q10|q20|p9\d{3}|passport|classic|leap|priv|keyone|key2)|st[vhra]\d{2,3}|bb[abdef]\d{3}|motion")),
    *_lines("Palm", ("palm", SMARTPHONE, r"treo|pre\b|pixi|centro|veer|p\d{3}(eww|una)?$|pvg\d{3}")),
    *_lines("Amazon", ("fire-phone", SMARTPHONE, r"sd4930|fire phone"), ("fire-tablet", TABLET, r"kf[a-z]{3,5}$|kindle fire")),
    *_lines("Lenovo", ("lenovo-tablet", TABLET, r"tb-?\d|tb-|tab |yoga tab"), ("lenovo", SMARTPHONE, r"phab|vibe|xt\d{4}|legion phone")),
    *_lines("Kodak", ("ektra", SMARTPHONE, r"ektra|im5")),
    *_lines("Leica|Sharp", ("leitz-phone", SMARTPHONE, r"(leitz )?phone \d")),
    *_lines("Sharp", ("aquos", SMARTPHONE, r"sh[vlg]\d\d$|sh-(m|r|z)\d\d|aquos"), ("sharp-feature", FEATURE_PHONE, r"shf\d\d$|(sh)?9[1-4]\dsh$|gx\d\d$")),
    *_lines("Kyocera", ("kyocera", SMARTPHONE, r"kyv\d\d|kyl\d\d|kyg\d\d"), ("kyocera-feature", FEATURE_PHONE, r"kyf\d\d")),
    *_lines("Fujitsu|FCNT", ("arrows", SMARTPHONE, r"arrows")),
    *_lines("Panasonic", ("eluga", SMARTPHONE, r"eluga"), ("cm1", SMARTPHONE, r"dmc-cm1$"), ("cm10", UNKNOWN, r"dmc-cm"), ("panasonic-action", ACTION, r"hx-a\d")),
    *_lines("Asus", ("asus-tablet", TABLET, r"tf\d{3}[a-z]*$|zenpad|transformer"), ("asus", SMARTPHONE, r"zenfone|rog phone|ai\d{4}|(z|x|i)0\d\d[a-z]{0,3}$|t00[a-z]$")),
    *_lines("Huawei", ("huawei-tablet", TABLET, r"mediapad|matepad|([a-z\d]{3,4}-w\d\d)|(ags|bah|btv|sht|cmr|vrd|scm|mrx|kob|jdn|cpn|dby|got|ple|bg2)\d?-"),
            ("huawei", SMARTPHONE, r"(p|mate|nova|y|ascend|pura|enjoy|nexus 6p)[ -]?(\d|s\b|x\b|smart)|p smart")),
    *_lines("Honor|Huawei", ("honor-tablet", TABLET, r"pad"), ("honor", SMARTPHONE, r"(honor )?(magic|view|play|\d{1,3}[a-z]?)\b.*$")),
    *_lines("Xiaomi|POCO", ("xiaomi-tablet", TABLET, r"(mi |redmi |poco |xiaomi )?pad(\b|\d)|2\d{3}[\da-f]rp|m2105k81"), ("yi-action", ACTION, r"ydxj"),
            ("xiaomi", SMARTPHONE, r"(mi|redmi|poco|mix|hm|xiaomi|civi) |poco|m[12]\d{3}[a-z]\d+[a-z]+$|redmi$")),
    *_lines("Meizu", ("meizu", SMARTPHONE, r"(m|mx|pro|u|e|x|c)? ?\d+|m\d")),
    # --- drones and action cameras
    *_lines(
        "DJI",
        ("dji-handheld", ACTION, r"(dji )?(osmo|pocket|action|ac\d{3}|ot-?\d{3}|op\d{3})"),
        ("dji", DRONE, r"(dji )?(fc\d{3,4}|phantom|mavic|inspire|mini|air|spark|avata|neo|flip|zenmuse|xt\b|xt[2s]\b|zh\d\d|z30|h20|h30|m3|m4|m30|matrice|l1d|l2d|p4|p1)"),
    ),
    *_lines("Hasselblad", ("mavic-hasselblad", DRONE, r"l[1-3]d-\d\d[a-z]")),
    *_lines("GoPro", ("gopro", ACTION, r".")),
    *_lines("Parrot", ("parrot", DRONE, r"anafi|bebop|disco|bluegrass|ar\.?drone|sequoia")),
    *_lines("Autel", ("autel", DRONE, r"evo|xl\d{3}|xt7\d\d|x-?star")),
    *_lines("Yuneec", ("yuneec", DRONE, r"cgo|e\d0|c23|typhoon|breeze|mantis")),
    *_lines("Skydio|Hubsan|Potensic|Fimi|PowerVision", ("drone-maker", DRONE, r".")),
    *_lines("SJCAM|Insta360|AEE|GitUp|Activeon|Akaso|Eken", ("action-maker", ACTION, r".")),
    *_lines("YI", ("yi-mirrorless", MIRRORLESS, r"m1$"), ("yi-action", ACTION, r"ydxj|yi 4k|4k|lite|z\d\d")),
    *_lines("Garmin", ("virb", ACTION, r"virb")),
    *_lines("Drift", ("drift", ACTION, r"ghost|stealth|hd")),
    *_lines("Contour", ("contour", ACTION, r"(contour)?(hd|gps|\+|roam)")),
    *_lines("TomTom", ("bandit", ACTION, r"bandit")),
    *_lines("Nikon", ("keymission", ACTION, r"keymission"), ("nikon-scanner", FILM_SCANNER, r"ls-\d+")),
    *_lines("Olympus", ("tg-tracker", ACTION, r"tg-tracker"), ("olympus-scanner", FILM_SCANNER, r"es-10")),
    # --- scanners
    *_lines("Noritsu", ("minilab", FILM_SCANNER, r"qss|ez controller|hs-\d|ls-\d")),
    *_lines("Fujifilm", ("frontier", FILM_SCANNER, r"sp-?\d{3,4}|frontier|slp\d")),
    *_lines("Kodak", ("kodak-scanner", FILM_SCANNER, r"(pakon )?f[123]35|hr ?\d{3}|rfs ?\d{4}|pcd")),
    *_lines("Pakon|Imacon|Reflecta", ("film-scanner-maker", FILM_SCANNER, r".")),
    *_lines("Canon", ("canon-film-scanner", FILM_SCANNER, r"fs ?(2710|2720|4000)"), ("canon-scanner", SCANNER, r"lide|mp navigator|(mp|mg|mx|ts|tr|ip|e|g)\d{3,4} ?series|imageclass|i-sensys|maxify|pixma|9000f|9950f|8800f|8600f|5600f")),
    *_lines("Epson", ("epson-scanner", SCANNER, r"perfection|expression|gt-|es-|ds-|stylus|xp-|et-|wf-|workforce|px-|ep-\d|artisan")),
    *_lines("HP", ("hp-printer", SCANNER, r"(photosmart )?([cd]\d{4}|\d{4}|premium|plus|wireless).*series|scan|color laserjet")),
    *_lines("Brother", ("brother", SCANNER, r"mfc|dcp|ads|ds-")),
    *_lines("Umax|Microtek|Mustek", ("scanner-maker", SCANNER, r"astra|power ?look|artixscan|scan")),
)  # fmt: skip


SOFT: tuple[Family, ...] = (
    *_lines(
        "Canon",
        ("eos-m", MIRRORLESS, r"eos ?-?(kiss )?m(\d{0,3})?( ?mark ?\w+|m\d)?$"),
        ("eos-r", MIRRORLESS, r"eos r(p|a)?( ?\d{1,3})?( ?c| ?v)?( ?mark ?\w+|m\d)?$"),
        ("cinema-eos", CAMCORDER, r"eos c\d{2,3}"),
        ("eos", DSLR, r"eos[ -]?(\d{1,4}d[sx]?( ?[xcnarb]| ?mark ?\w+| ?m\d| ?n\b| ?ii| digital)*$|kiss( digital)?( ?[fnx]?\d{0,2}i?)?$|"
         r"(digital )?rebel( ?(x[ts]i?|xsi|xti|t\d{1,3}[is]?|sl\d))?( digital)?$|d\d{2,4}c?$|dcs|5ds)"),
        ("eos", DSLR, r"(digital )?rebel (x|t\d|sl\d)"),
        ("powershot", COMPACT, r"power ?shot"),
        ("ixus", COMPACT, r"(digital )?(ixus|ixy(?! dv)|elph)"),
        ("canon-camcorder", CAMCORDER, r"(hf|hv|xa|xf|xl|gl|zr|mv|md|hr|dc|fs|hg)[ -]?[a-z]?\d{1,4}|vixia|legria|ivis|optura|elura|ixy dv"),
    ),
    *_lines(
        "Nikon",
        ("nikon-1", MIRRORLESS, r"1 (s|v|j|aw)\d"),
        ("nikon-z", MIRRORLESS, r"z ?(\d{1,2}|fc?)( ?i{2,3}| ?[23])?$|zr$"),
        ("nikon-d", DSLR, r"d(\d{1,4}[a-z]{0,2}|f)$"),
        ("coolpix", COMPACT, r"coolpix|e\d{3,4}$"),
    ),
    *_lines(
        "Sony",
        ("sony-camcorder", CAMCORDER, r"hdr-|fdr-|dcr-|hvr-|hxr-|pxw-|pmw-|nex-(vg|fs|ea)\d|ilme-fx[69]|ilme-fr|mhs-|hdw-"),
        ("sony-a-mount", DSLR, r"dslr-a\d|slt-a\d|ilca-\d"),
        ("sony-e-mount", MIRRORLESS, r"ilce-|ilx-|nex-\d|nex-[cf]3|ilme-fx(2|3|30)[a-z]?$|zv-e\d"),
        ("cyber-shot", COMPACT, r"dsc-(?!a\d)|cyber-?shot|zv-1|mvc-|(cd |fd )?mavica"),
    ),
    *_lines(
        "Fujifilm",
        ("finepix-pro", DSLR, r"(finepix ?)?(s[1235] ?pro|is ?pro)$"),
        ("fujix-slr", DSLR, r"ds-?(505|515|560|565)"),
        ("gfx-compact", COMPACT, r"gfx ?\d+rf"),
        ("gfx", MIRRORLESS, r"gfx"),
        ("x-compact", COMPACT, r"(finepix )?(x100[a-z]*|x[1-7]0|xf\d+|xq\d|x-s1|x half|x-hf\d)( limited.*)?$"),
        ("x-mount", MIRRORLESS, r"x-(t\d+|pro\d|e\d|h\d|a\d+|m\d|s\d\d)[a-z]?( ?i+| ir)?$"),
        ("finepix", COMPACT, r"finepix|(mx|ds|dx|is)-\d|bigjob|(av|ax|jv|jx|jz|hs|s|t|xp|z|f|a|e|sl)\d{2,4}[a-z]*$"),
    ),
    *_lines(
        "Olympus|OM System",
        ("pen", MIRRORLESS, r"e-(p\d+|pl\d+s?|pm\d)|pen[ -]?(f|e-p)|air[ -]?a01"),
        ("om-d", MIRRORLESS, r"e-m\d|om-\d"),
        ("four-thirds", DSLR, r"e-?(1|3|5|10|30|[345]\d0|600|620|100|20[np]?)([, ].*)?$"),
        ("olympus-compact", COMPACT, r"(c-?\d{1,4}|d-?\d{3}|x-\d{1,3}|x\d{3}(,|$)|fe-?\d|sp-?\d{3}|s[zh]-?\d|x-?z-?\d|tg-?\d|v[rghs]-?\d{3}|ir-?\d{3}|az-?\d|t-\d{2,3}|d7\d\d|"
         r"stylus|mju|[uμµ] ?-?d?\d|[uμµ]-?mini|[uμµ]tough|tough|is-?\d)"),
    ),
    *_lines(
        "Panasonic",
        ("lumix-slr", DSLR, r"dmc-l(1|10)$"),
        ("lumix-g", MIRRORLESS, r"(dmc|dc)-g[fhmx]?\d|dc-b?s\d|dc-bgh\d"),
        ("lumix-compact", COMPACT, r"dmc-(f[hpstx]?\d|fz\d|[tz][szr]\d|tz|zx\d|l[fxzsc]\d|s\d|sz\d|xs\d|3d1)|dc-(f[tsz]\d|[tz][sz]\d|lx\d)"),
        ("panasonic-camcorder", CAMCORDER, r"hc-|hdc-|sdr-|ag-|nv-|pv-|vdr-|hx-w"),
    ),
    *_lines(
        "Pentax",
        ("pentax-q", MIRRORLESS, r"q(\d{1,2}|-s1)?$"),
        ("k-01", MIRRORLESS, r"k-01"),
        ("pentax-k", DSLR, r"k-?(\d{1,4}d?|[xrm]|s\d)( (ii|iii|mark)\b.*| super| grand prix)?( ?s)?$|k[pf]$|\*ist|ist d|645[dz]"),
        ("optio", COMPACT, r"optio|wg-|x-?[579]0?$|xg-1|mx-1|ei-\d|efina|rs\d{4}|ls\d{3}|vs\d\d"),
    ),
    *_lines(
        "Ricoh",
        ("theta", UNKNOWN, r"theta"),
        ("gxr", MIRRORLESS, r"gxr"),
        ("ricoh-compact", COMPACT, r"gr( |$)|caplio|c?x\d$|r\d{1,2}$|rdc-|rr\d|px$|wg-|hz\d\d|g[6789]00|gx ?\d|dc-\d|i\d{3}"),
    ),
    *_lines(
        "Leica",
        ("digilux-3", DSLR, r"digilux 3"),
        ("leica-s", DSLR, r"s( ?\(typ (006|007)\)|2|3|-e.*)?$"),
        ("leica-m", MIRRORLESS, r"m( |-|\d|$)|m(8|9|1[01])(\.2)?"),
        ("leica-l", MIRRORLESS, r"(sl|tl|cl|t)(\d|-s| ?\(typ| |$)"),
        ("leica-compact", COMPACT, r"[cdv]-lux|digilux|c \(typ|q(\d| ?\(typ|$| )|x(1|2|-e|-u| vario|-vario| ?\(typ)"),
    ),
    *_lines("Sigma", ("sd-quattro", MIRRORLESS, r"sd ?quattro"), ("sigma-sd", DSLR, r"sd\d{1,2}( merrill)?$"), ("sigma-dp", COMPACT, r"dp\d"), ("sigma-l", MIRRORLESS, r"fp( l)?$|bf$")),
    *_lines(
        "Samsung",
        ("nx", MIRRORLESS, r"nx ?(\d+[a-z]?|mini\d?)$"),
        ("gx", DSLR, r"gx-?\d"),
        ("samsung-camcorder", CAMCORDER, r"(hmx|smx|vp|vm)-"),
        ("samsung-compact", COMPACT, r"digimax|kenox|vluu|(es|pl|st|wb|sl|nv|tl|dv|mv|hz|sh|wp|wi|aq|pv|cl)\d{1,4}[a-z]{0,2}([ ,/].*)?$|ex[12]f?$|l\d{2,4}([ ,/].*)?$|s(\d{2,3}|10\d\d)([ ,/].*)?$|i\d{1,2}([ ,/].*)?$"),
    ),
    *_lines("Casio", ("fr-series", UNKNOWN, r"ex-fr\d"), ("exilim", COMPACT, r"ex-[a-z]{0,2}\d|qv-?[r\d]|exilim|gv-\d|xv-3")),
    *_lines(
        "Kodak",
        ("dcs-back", UNKNOWN, r"(dcs )?pro ?back|dcs ?(4[26]5c?|[67]45)"),
        ("dcs", DSLR, r"(eos ?)?dcs|eos d\d{4}"),
        ("pixpro-mirrorless", MIRRORLESS, r"(pixpro )?s-1$"),
        ("pixpro-action", ACTION, r"(pixpro )?(sp360|sp1|orbit360)"),
        ("pixpro", COMPACT, r"pixpro (fz|az|wp|c1)\d*"),
        ("kodak-camcorder", CAMCORDER, r"(playsport|playtouch|playfull|zi|ze|zx|ze)\d?\b|zi\d|zx\d"),
        ("easyshare", COMPACT, r"(digital science )?(dc ?\d{2,4}|[cdl][xs]\d{3,4}|easyshare|md\d\d|mx\d{3,4}|m\d{2,4}|c\d{2,4}|v\d{3,4}|z[d]?\d{3,4}|p\d{3}|ez\d{3}|"
         r"cw\d{3}|cd\d{2,3}|z\d{3}|slice)\b"),
    ),
    *_lines(
        "Minolta|Konica Minolta|Konica",
        ("minolta-slr", DSLR, r"(dynax|maxxum|alpha|α)[ -]?(sweet|[57])|rd-?(175|3000)"),
        ("minolta-compact", COMPACT, r"dimage (?!scan)|revio|kd-?\d|dg-?\d|q-m\d"),
    ),
    *_lines("Hasselblad", ("hasselblad-x", MIRRORLESS, r"x[12]d|907x"), ("hasselblad-h", DSLR, r"h[3-6]d"), ("stellar", COMPACT, r"stellar"), ("lunar", MIRRORLESS, r"lunar|lusso"), ("hv", DSLR, r"hv$")),
    *_lines("Mamiya", ("mamiya-zd", DSLR, r"zd$")),
    *_lines("Contax|Kyocera", ("contax-n", DSLR, r"(contax )?n digital"), ("contax-compact", COMPACT, r"(contax )?(tvs digital|sl300|[iu]4r)")),
    *_lines("Kyocera|Yashica", ("finecam", COMPACT, r"finecam|(l|s)\d{1,2}[rv]?$")),
    *_lines("Epson", ("r-d1", MIRRORLESS, r"r-d1"), ("photopc", COMPACT, r"photo ?pc|l-500")),
    *_lines("HP", ("photosmart", COMPACT, r"photo ?smart ([cremps]{0,2}\d{3}|[rem]\d{2})( |v|xi|$)(?!.*series)|(cb|cw|pb|sb)\d{3}")),
    *_lines("GE", ("ge-compact", COMPACT, r"[aegjx]\d{3,4}[a-z]*$|pj1|wp\d")),
    *_lines("Sanyo", ("xacti", CAMCORDER, r"vpc-(c[agxs]|hd|fh|gh|th|wh|pd|sh|c\d|cs)"), ("sanyo-compact", COMPACT, r"vpc-?[aest xzr]?\d|s[rx]\d{3}|dsc-?[sx]\d|vpc-(mz|az|j|x|e|s|t|r)\d")),
    *_lines("JVC", ("jvc-compact", COMPACT, r"gc-(qx?|s)\d"), ("jvc-camcorder", CAMCORDER, r"g[rzcy]-")),
    *_lines("Toshiba", ("pdr", COMPACT, r"pdr-"), ("camileo", CAMCORDER, r"camileo")),
    *_lines("Agfa|AgfaPhoto", ("agfa-compact", COMPACT, r"ephoto|dc-?\d{3,4}|ac \d|compact \d|optima|precisa|sensor")),
    *_lines("Vivitar", ("vivicam", COMPACT, r"vivicam")),
    *_lines("Rollei", ("rollei-compact", COMPACT, r"(dk|dp|dt|dr|dcx?)\d{3,4}|(compact|flex|power|sports)line|rcp-|da\d{4}|xs-|d\d{2,3}( |$)")),
    *_lines("Praktica", ("luxmedia", COMPACT, r"luxmedia|dcz|dc ?\d|dpix")),
    *_lines("Jenoptik", ("jenoptik-compact", COMPACT, r"jd ?\d|jendigital")),
    *_lines("BenQ", ("benq-compact", COMPACT, r"dc[ -]?[a-z]{0,2}\d{3,4}|(digital camera )?[cexplts]\d{3,4}")),
    *_lines("Concord", ("eye-q", COMPACT, r"eye-?q")),
    *_lines("Polaroid", ("polaroid-compact", COMPACT, r"(a|i|t|m)\d{3,4}$|pdc")),
    *_lines("Hitachi", ("hitachi-camcorder", CAMCORDER, r"dz-")),
)  # fmt: skip


CODES: tuple[Family, ...] = (
    # phones whose codes a data base may not know yet
    *_lines("Huawei|Honor", ("huawei-code", SMARTPHONE, r"[a-z]{3}-(lx\d|nx\d|[abt]?n\d\d)[a-z]?$")),
    *_lines("Xiaomi|POCO", ("xiaomi-code", SMARTPHONE, r"2[2-9]\d{2}[\da-f](rn|ra|rk|pn|pc)[a-z\d]{2,5}$")),
)  # fmt: skip


def _first(families: tuple[Family, ...], brand: str | None, model: str | None) -> Family | None:
    if not model:
        return None
    name = folded(model)
    for family in families:
        if (not family.brands or brand in family.brands) and family.pattern.match(name):
            return family
    return None


def hard(brand: str | None, model: str | None) -> Family | None:
    """The line of phones, tablets, scanners, drones or action cameras that a tidy model belongs to, if any."""
    return _first(HARD, brand, model)


def soft(brand: str | None, model: str | None) -> Family | None:
    """The line of cameras that a tidy model belongs to, if any."""
    return _first(SOFT, brand, model)


def code(brand: str | None, model: str | None) -> Family | None:
    """The scheme of phone codes that a tidy model fits, if any."""
    return _first(CODES, brand, model)
