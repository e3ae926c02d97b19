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
        ("film-scanner", FILM_SCANNER, r".*(film ?scan|slide ?scan|coolscan|dimage scan|opticfilm|sprintscan|leafscan|flextight|primefilm|powerslide|clas digital|canoscan fs)"),
        ("scanner", SCANNER, r".*(canoscan|scanjet|scanmaker|scanexpress|snapscan|scansnap|duoscan|docuscan|documate|flatbed|\bscanner\b|\bmfp\b|multifunction|all[ -]in[ -]one)"),
        ("printer", SCANNER, r"(officejet|deskjet|laserjet|psc ?\d|envy \d|workcentre|docucentre|imagerunner|ir-adv|bizhub|workforce|aficio|taskalfa|ecosys|e-studio|scx-\d|clx-\d)"),
        # words that say it, whoever made it
        ("drone", DRONE, r".*\b(drone|quadcopter)\b"),
        ("action-camera", ACTION, r".*\baction ?cam"),
        ("camcorder", CAMCORDER, r".*\b(camcorder|handycam|everio)\b"),
        ("webcam", UNKNOWN, r".*\b(web ?cam|lifecam|facetime|isight)"),
        ("tablet", TABLET, r".*\b(tab|tablet|(droi|idea|mega|think|tough|x)?pad)\b"),
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
        ("pixel-tablet", TABLET, r"pixel (tablet|c)\b"),
        ("pixel", SMARTPHONE, r"pixel( \d{1,2}[a-z]?| xl| fold|$)"),
    ),
    *_lines(
        "Google|Asus|HTC|Huawei|LG|Motorola|Samsung",  # Google's phones carry their builders' names
        ("nexus-tablet", TABLET, r"nexus (7|9|10)\b"),
        ("nexus", SMARTPHONE, r"(galaxy )?nexus( one| s| 4| 5x?| 6p?)?$"),
    ),
    *_lines(
        "Samsung",
        ("gear-360", ACTION, r"sm-(c200|r210)"),
        ("galaxy-w", SMARTPHONE, r"sm-t255|sm-w(20\d\d|70\d\d|9\d{3})"),
        ("galaxy-tablet", TABLET, r"sm-[tpxw]\d{3}|sm-n8\d{3}|sch-i(800|9[01]5)|sph-p\d{3}|sgh-t8[456]9|shw-m[1348]80|shv-e(1[45]|23)0|gt-p\d{4}|gt-n(8\d{3}|51\d\d)|galaxy (tab|view|book|note 10\.1|note 8\.0)"),
        ("galaxy-camera", COMPACT, r"ek-[gk]c\d{3}|galaxy camera"),
        ("galaxy-nx", MIRRORLESS, r"ek-gn\d{3}|galaxy nx"),
        ("galaxy", SMARTPHONE, r"sm-[aefgjmnsz]\d{3}|sm-c(1\d\d|[579]\d{2})|sm-b9\d{3}|galaxy (?!watch|gear|buds|ring|fit|xr)[a-z]"),
        ("samsung-feature", FEATURE_PHONE, r"sm-b\d{3}[a-z]*$|gt-[cem]\d{4}|sgh-([a-hj-lo-ru-z]\d|s[1-6])\d{2}[a-z]{0,2}$|sch-[auw]\d{3}$|sph-[aw]\d{3}$|shw-a\d{3}[a-z]?$"),
        ("samsung-operator", SMARTPHONE, r"sgh-i\d{3}[a-z]?$|sgh-t(599|679|699|7[567]9|889|899|959|989|999)[a-z]?$|s[cp]h-[il]\d{3}[a-z]?$|sph-m(8[2-9]|9\d)\d$|sch-r(530|7[2346]0|8[2-8]0|9[1-7][05])[a-z]?$|sh[vw]-[em]\d{3}[a-z]*$"),
        ("samsung-i", SMARTPHONE, r"gt-[in]\d{4}|gt-b(53[0-9]|551|7[3-8])\d"),
        ("docomo-tablet", TABLET, r"sc-(01[cde]|02d|03g)$|sct\d\d$"),
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
        ("xperia", SMARTPHONE, r"xperia|(x1|x10|e1[056]|u20|[lms]t\d\d|sk17|r800|mk16|wt1[89]|so-01[bcd]|is11s|x8)[aix]*$"),
        ("symbian", SMARTPHONE, r"(p(800|9[019]0|1)|m600|w9[56]0|g[79]00|u[158])[cdi]*$|satio|vivaz"),
        ("sony-ericsson-feature", FEATURE_PHONE, r"([cfjkrstvz]\d{3}|w[1-8]\d{2}|w9(02|80|95)|u100?|d750|t[67]07|j[12]0|w20|wt13|ck1[35])[acdi]*2?$|so\d{3}i[a-z]{0,2}$"),
    ),
    *_lines("Microsoft|Nokia", ("lumia-tablet", TABLET, r"lumia 2520"), ("lumia", SMARTPHONE, r"lumia")),
    *_lines("Microsoft", ("surface-duo", SMARTPHONE, r"surface duo"), ("surface", TABLET, r"surface")),
    *_lines(
        "Nokia|HMD",
        # N and E series and the numbers below run Symbian, Maemo or MeeGo: smartphones
        ("nokia-series", SMARTPHONE, r"(n(7\d|8\d|9[0-7]|900|950|8|9)|e(5|6|7|5[0125]|6[0-35-6]|7[0-35]|90))\b( classic| mini|i|-0?\d{1,2}|$)"),
        # of the numbers below, those that run Symbian; every other one has Nokia's own Series 40 or 30
        ("symbian", SMARTPHONE, r"(500|603|70[01]|808( pureview)?|3230|3250|36[0256]0(?! slide)|52(28|30|33|35|50)|5320|5500|5530|57[03]0|5800|6110 nav|61(20|21|24)|"
         r"6210( nav|s)|6220 c|6260(?! slide)|6290|66[0278]0(?! (slide|fold|classic))|6650 fold|668[12]|6630|6700 slide|67(10|20|30|60|88|90)|7610(?! super)|7650|7710|9[235]\d0)"
         r"(-\d|[a-z]{0,2}\b)"),
        ("symbian", SMARTPHONE, r"(c5|c6|c7|x6|x7)-0\d"),
        ("nokia-feature", FEATURE_PHONE, r"(\d{4}|[12]\d{2})[a-z]{0,2}\b( 4g| classic| slide| fold| flip| supernova| arte| music| \(20\d\d\)|-\d+[a-z]?)*$|800 tough|[cx][123]-0\d|asha"),
        ("nokia-android", SMARTPHONE, r"(\d\.\d( plus)?\b|[1-9] plus$|[gxc]\d\d( 5g| pro| plus)?$|xr\d\d|8 sirocco|8 v 5g|pureview)"),
        ("nokia-tablet", TABLET, r"(t10|t20|t21|n1)$"),
    ),
    *_lines("HMD", ("hmd", SMARTPHONE, r"skyline|pulse|fusion|crest|arc|vibe|aura|hyper|key|xr\d\d")),
    *_lines("HTC", ("htc-tablet", TABLET, r"flyer|jetstream|nexus 9|evo view"), ("re-camera", ACTION, r"re$"),
            ("htc", SMARTPHONE, r"(one|desire|u ?\d\d|u play|u ultra|wildfire|sensation|evo|incredible|hero|magic|dream|legend|rhyme|"
             r"radar|titan|trophy|mozart|hd\d?\b|touch|tytn|butterfly|droid|exodus|10\b|bolt|first|velocity|inspire|thunderbolt|tattoo|"
             r"explorer|salsa|chacha|vivid|amaze|rezound|surround|nexus one|pg\d{5}|2[pq][a-z\d]{4,})")),
    *_lines("OnePlus", ("oneplus-tablet", TABLET, r"pad|opd\d"), ("oneplus", SMARTPHONE,
            r"([a-z]\d{4}|[a-z]{2}\d{4}|[a-z]{3}\d{3}|(oneplus )?\d{1,2}(t|r|rt| pro)*( 5g)?|one|x|nord.*|open|ace.*)$")),
    *_lines("OPPO", ("oppo-tablet", TABLET, r"pad( |\d|$)|opd\d{4}"), ("oppo", SMARTPHONE, r"cph\d{4}|(find|reno|realme) |p[a-z]{2}[mt]\d\d|[fkar]\d{1,3}[a-z]* ?(pro|plus|5g)?$")),
    *_lines("realme|OPPO", ("realme-tablet", TABLET, r"rmp\d{4}|pad"), ("realme", SMARTPHONE, r"rmx\d{4}|(c|gt|x|q|v|p|narzo) ?\d*|\d{1,2}( pro| pro plus|i|s)?")),
    *_lines("vivo", ("vivo-tablet", TABLET, r"pa2\d{3}|(vivo |iqoo )?pad"), ("vivo", SMARTPHONE, r"v\d{4}[a-z]*$|i\d{4}$|\d{4}$|[vxysztk]\d{1,3}[a-z]*( (pro|plus|lite|ultra|mini|max|fe)\b.*|\+| 5g|$)|iqoo|nex|x (fold|flip|note)")),
    *_lines("Fairphone", ("fairphone", SMARTPHONE, r"fp\d|(the )?(fairphone )?(\d|\(gen)")),
    *_lines("Nothing|CMF", ("nothing", SMARTPHONE, r"a\d{3}|ain\d{3}|(cmf )?phone")),
    *_lines("Motorola", ("xoom", TABLET, r"mz\d{3}|xoom|moto (tab|pad)|xt2261"),
            ("motorola-feature", FEATURE_PHONE, r"(moto|mot-)?[ -]?(rokr|krzr|slvr|pebl|rizr)|wx\d{3}|ex\d{3}$"),
            ("motorola", SMARTPHONE, r"xt\d{3,4}|m[be]\d{3}|a(7[68]|9[12]|1[0268]0|3[01]0)0e?$|moto ?[a-z](?![a-z])|edge|one\b|droid|razr (5g|40|50|60|plus|ultra|20\d\d)|milestone|defy|atrix|nexus 6"),
            ("motorola-feature", FEATURE_PHONE, r"(motorazr|razr|mot-)? ?(v3|v6|v8|v9|v220|v300|v360|v500|v600|v620|v980|v\d{3}|l6|l7|l9|k1|k3|e[137]\d{2}|e1000|c\d{3}|w\d{3}|u6|u9|zn5|z3|z6)[a-z]{0,2}$")),
    *_lines("LG", ("lg-tablet", TABLET, r"v(4|5|7)\d{2}[a-z]*$|g pad|lm-t\d{3}"), ("lg", SMARTPHONE, r"lm-[a-z]\d{3}|[defhpqx]\d{3}[a-z\d]*$|k\d{3}[a-z\d]*$|m\d{3}[a-z\d]*$|(vs|us|ls|ms|as)\d{3}|nexus|g\d( |$)|v\d0\b|(lg)?l[gv][lv]?\d\d$|optimus|velvet|wing"),
            ("lg-feature", FEATURE_PHONE, r"((kp|ku|ke|kf|kg|km|ks|kc|gd|gs|cu|cf|cb|ux|ax|lx|bl|gb|gu)\d{3}|t3\d{2}|vx\d{4}|u8\d{3})[a-z]?$"), ("lg-360", ACTION, r"r105")),
    *_lines("BlackBerry", ("playbook", TABLET, r"playbook"), ("blackberry", SMARTPHONE, r"(blackberry )?(8[1-9]\d\d|9[0-9]\d{2}|z10|z30|z3|q5|q10|q20|p9\d{3}|passport|classic|leap|priv|keyone|key2|bold|curve|torch|storm|pearl|tour|style)|st[vhra]\d{2,3}|bb[abdef]\d{3}|motion")),
    *_lines("Palm", ("palm", SMARTPHONE, r"treo|pre\b|pixi|centro|veer|p\d{3}(eww|una)?$|pvg\d{3}")),
    *_lines("Amazon", ("fire-phone", SMARTPHONE, r"sd4930|fire phone"), ("fire-tablet", TABLET, r"kf[a-z]{3,5}$|kindle fire")),
    *_lines("Lenovo", ("lenovo-tablet", TABLET, r"tb-?\d|tb-|tab |yoga tab"), ("lenovo", SMARTPHONE, r"phab|vibe|xt\d{4}|legion phone")),
    *_lines("Kodak", ("ektra", SMARTPHONE, r"ektra|im5")),
    *_lines("Leica|Sharp", ("leitz-phone", SMARTPHONE, r"(leitz )?phone \d")),
    *_lines("Sharp", ("aquos", SMARTPHONE, r"sh[vlg]\d\d$|sh-(m|r|z)\d\d|sh-5\d[a-z]$|a?[0-7]0\dsh$|aquos"), ("sharp-feature", FEATURE_PHONE, r"shf\d\d$|(sh)?9[1-4]\dsh$|gx\d\d$")),
    *_lines("Kyocera", ("kyocera", SMARTPHONE, r"kyv\d\d|kyl\d\d|kyg\d\d"), ("kyocera-feature", FEATURE_PHONE, r"kyf\d\d")),
    *_lines("Fujitsu|FCNT", ("arrows", SMARTPHONE, r"arrows|f-5\d[a-z]$|fcg\d\d$"), ("fujitsu-scanner", SCANNER, r"fi-\d{3,4}|sp-?\d{4}")),
    *_lines("Ricoh|PFU", ("fi-scanner", SCANNER, r"fi-\d{3,4}")),
    # keitai: the numbers that the Japanese operators gave to phones with buttons
    *_lines("Sharp|Fujitsu|NEC|Panasonic|Mitsubishi|Sanyo|Sony Ericsson|Docomo", ("docomo-keitai", FEATURE_PHONE, r"(sh|so|[dfnpr])\d{3}i[a-z]{0,4}$")),
    *_lines("Sharp|Casio|Hitachi|Kyocera|Toshiba|Sanyo|Pantech|Sony Ericsson|KDDI", ("au-keitai", FEATURE_PHONE, r"(w\d\d|a\d{4})(sh?|ca|t|h|k|sa|pt|p)( ?ii)?$|(sh|ca|ts|kc|sn|hi|sa|pt)\d{2}$")),
    *_lines("Siemens", ("siemens-smart", SMARTPHONE, r"sx(1|45|56|66)$"), ("siemens-feature", FEATURE_PHONE, r"[acems][fklxpv]?[tx]?\d{2}[iv]?$|sxg ?\d\d$|s[lkp]\d\d$")),
    *_lines("BenQ-Siemens", ("benq-siemens", FEATURE_PHONE, r"[acems][flk]?\d{2}$")),
    *_lines("Sanyo", ("sanyo-feature", FEATURE_PHONE, r"scp-\d{4}")),
    *_lines("Sagem", ("sagem-feature", FEATURE_PHONE, r"my ?[a-z]{0,2}-?\d")),
    *_lines("Pantech", ("pantech", SMARTPHONE, r"adr\d{4}|p9\d{3}$|im-[at]\d{3}")),
    *_lines("Doro", ("doro", SMARTPHONE, r"(8\d{3}|liberto|aurora)"), ("doro-feature", FEATURE_PHONE, r"phoneeasy|[567]\d{3}$")),
    *_lines("Acer", ("acer-tablet", TABLET, r"iconia"), ("acer", SMARTPHONE, r"liquid"), ("acer-compact", COMPACT, r"c[eilprsu]-\d{4}")),
    *_lines("HP", ("hp-tablet", TABLET, r"slate|touchpad|stream [78]$|pro slate"), ("hp-phone", SMARTPHONE, r"pre ?3|veer|elite x3")),
    *_lines("T-Mobile|O2|Orange|Qtek", ("operator-phone", SMARTPHONE, r"g[12]$|g2x|mytouch|revvl|mda|xda|spv|qtek|[89]\d{3}$")),
    *_lines("LeEco", ("leeco", SMARTPHONE, r"le ?[x12smp\d]")),
    *_lines("Hisense", ("hisense", SMARTPHONE, r"infinity|a[2-9]( pro)?$")),
    *_lines("Cat", ("cat", SMARTPHONE, r"s\d\d"), ("cat-feature", FEATURE_PHONE, r"b(?!15)\d\d")),
    *_lines("Infinix", ("infinix-tablet", TABLET, r"x110\d")),
    *_lines("itel", ("itel-tablet", TABLET, r"p1\d{4}")),
    *_lines("Panasonic", ("eluga", SMARTPHONE, r"eluga"), ("cm1", SMARTPHONE, r"dmc-cm1$"), ("cm10", UNKNOWN, r"dmc-cm"), ("toughpad", TABLET, r"fz-[agm]\d"), ("panasonic-feature", FEATURE_PHONE, r"kx-tu"), ("panasonic-scanner", SCANNER, r"kv-s"), ("panasonic-action", ACTION, r"hx-a\d")),
    *_lines("Asus", ("asus-tablet", TABLET, r"tf\d{3}[a-z]*$|zenpad|transformer"), ("asus", SMARTPHONE, r"zenfone|rog phone|ai\d{4}|(z|x|i)0\d\d[a-z]{0,3}$|t00[a-z]$")),
    *_lines("Honor|Huawei", ("huawei-tablet", TABLET, r"mediapad|matepad|([a-z\d]{3,4}-w\d\d)|(ags|bah|btv|sht|cmr|vrd|scm|mrx|kob|jdn|cpn|dby|got|ple|bg2)\d?-"),
            ("huawei", SMARTPHONE, r"(p|mate|nova|y|ascend|pura|enjoy)[ -]?(\d|s\b|x\b|smart)|p smart|[uctm]8\d{3}|u9\d{3}|[gy]\d{3}\b")),
    *_lines("Honor|Huawei", ("honor-tablet", TABLET, r"pad"), ("honor", SMARTPHONE, r"(honor )?(magic ?\d*|view|play|\d{1,3}[a-z]?)\b.*$")),
    *_lines("Xiaomi|POCO", ("xiaomi-tablet", TABLET, r"(mi |redmi |poco |xiaomi )?pad(\b|\d)|2\d{3}[\da-f]rp|m2105k81"), ("xiaomi-action", ACTION, r"ydxj|mi sphere|mijia"),
            ("xiaomi", SMARTPHONE, r"(mi|redmi|poco|mix|hm|xiaomi|civi) |poco|m[12]\d{3}[a-z]\d+[a-z]+$|redmi$")),
    *_lines("Meizu", ("meizu", SMARTPHONE, r"(m|mx|pro|u|e|x|c)? ?\d+|m\d")),
    # --- drones and action cameras
    *_lines(
        "DJI",
        ("dji-handheld", ACTION, r"(dji )?(osmo|pocket|action|ac\d{3}|(ot|op|pp|hg)-?\d{3})"),
        ("dji", DRONE, r"(dji )?(fc\d{3,4}|phantom|mavic|inspire|mini|air|spark|avata|neo|flip|zenmuse|xt\b|xt[2s]\b|zh\d\d|z30|h20|h30|m3|m4|m30|matrice|tello|l\dd|p4|p1|l[12]$)"),
    ),
    *_lines("Hasselblad", ("mavic-hasselblad", DRONE, r"l\dd-\d+[a-z]")),
    *_lines("Ryze", ("tello", DRONE, r"tello")),
    *_lines("GoPro", ("gopro", ACTION, r".")),
    *_lines("Parrot", ("parrot", DRONE, r"anafi|bebop|disco|bluegrass|ar\.?drone|sequoia")),
    *_lines("Autel", ("autel", DRONE, r"evo|xl\d{3}|xt7\d\d|x-?star")),
    *_lines("Yuneec", ("yuneec", DRONE, r"cgo|e\d0|c23|typhoon|breeze|mantis")),
    *_lines("Skydio|Hubsan|Potensic|Fimi|PowerVision", ("drone-maker", DRONE, r".")),
    *_lines("SJCAM|Insta360|AEE|GitUp|Activeon|Akaso|Eken", ("action-maker", ACTION, r".")),
    *_lines("YI", ("yi-mirrorless", MIRRORLESS, r"m1$"), ("yi-action", ACTION, r"ydxj|yi 4k|4k|lite|z\d\d")),
    *_lines("Wileyfox|Unihertz|Nextbit", ("phone-maker", SMARTPHONE, r".")),
    *_lines("Garmin", ("nuvifone", SMARTPHONE, r"nuvifone"), ("virb", ACTION, r"virb")),
    *_lines("Drift", ("drift", ACTION, r"ghost|stealth|hd")),
    *_lines("Contour", ("contour", ACTION, r"(contour)?(hd|gps|\+|roam)")),
    *_lines("TomTom", ("bandit", ACTION, r"bandit")),
    *_lines("Nikon", ("keymission", ACTION, r"keymission"), ("nikon-scanner", FILM_SCANNER, r"ls-\d+")),
    *_lines("Olympus", ("tg-tracker", ACTION, r"tg-tracker"), ("olympus-scanner", FILM_SCANNER, r"es-10")),
    # --- scanners
    *_lines("Noritsu", ("minilab", FILM_SCANNER, r".")),
    *_lines("Fujifilm", ("frontier", FILM_SCANNER, r"sp-?\d{3,4}|frontier|slp\d")),
    *_lines("Kodak", ("kodak-scanner", FILM_SCANNER, r"(pakon )?f[123]35|hr ?\d{3}|rfs ?\d{4}|pcd")),
    *_lines("Pakon|Imacon|Reflecta", ("film-scanner-maker", FILM_SCANNER, r".")),
    *_lines("Canon", ("canon-film-scanner", FILM_SCANNER, r"fs ?(2710|2720|4000)"), ("canon-scanner", SCANNER, r"lide|dr-[a-z]?\d{3,4}|p-\d{3}$|mp navigator|(mp|mg|mx|ts|tr|ip|e|g)\d{3,4} ?series|imageclass|i-sensys|maxify|pixma|9000f|9950f|8800f|8600f|5600f")),
    *_lines("Epson", ("epson-scanner", SCANNER, r"perfection|expression|gt-|es-|ds-|stylus|xp-|et-|wf-|px-|ep-\d|artisan|v\d{3}\b|.* series$")),
    *_lines("HP", ("hp-printer", SCANNER, r"photo ?smart ([bcd]\d{4}|b\d{3}[a-z]|plus|premium|wireless|.*series)|.* series$|scan|color laserjet"), ("hp-film-scanner", FILM_SCANNER, r"photo ?smart s20")),
    *_lines("Brother", ("brother", SCANNER, r"mfc|dcp|ads|ds-|.* series$")),
    *_lines("Lexmark|Plustek|Visioneer|Avision|Doxie", ("scanner-maker", SCANNER, r".")),
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
        ("finepix", COMPACT, r"finepix|instax|(mx|ds|dx|is)-\d|bigjob|(av|ax|jv|jx|jz|hs|s|t|xp|z|f|a|e|sl)\d{2,4}[a-z]*$"),
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
        ("lumix-compact", COMPACT, r"dmc-(f[hpstx]?\d|fz\d|[tz][szrx]\d|tz|zx\d|l[fxzsc]\d|s\d|sz\d|xs\d|3d1)|dc-(f[tsz]\d|[tz][szx]\d|lx\d)"),
        ("panasonic-camcorder", CAMCORDER, r"hc-|hdc-|sdr-|ag-|nv-|pv-|vdr-|hx-(w|dc)"),
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
        ("wg-m", ACTION, r"wg-m\d"),
        ("ricoh-compact", COMPACT, r"gr( |$)|caplio|c?x\d$|r\d{1,2}$|rdc-|rr\d|px$|wg-|hz\d\d|g[6789]00|gx ?\d|dc-\d|i\d{3}"),
    ),
    *_lines(
        "Leica",
        ("digilux-3", DSLR, r"digilux 3"),
        ("leica-r", DSLR, r"r[89] - digital back"),
        ("leica-s", DSLR, r"s( ?\(typ (006|007)\)|2|3|-e.*)?$"),
        ("leica-m", MIRRORLESS, r"m( |-|\d|$)|m(8|9|1[01])(\.2)?"),
        ("leica-l", MIRRORLESS, r"(sl|tl|cl|t)(\d|-s| ?\(typ| |$)"),
        ("leica-compact", COMPACT, r"[cdv]-lux|digilux|sofort|c \(typ|q(\d| ?\(typ|$| )|x(1|2|-e|-u| vario|-vario| ?\(typ)"),
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
        ("pixpro-action", ACTION, r"(pixpro )?(sp360|sp1|orbit360|4kvr)"),
        ("pixpro", COMPACT, r"pixpro (fz|az|wp|c1)\d*|[fa]z\d{2,3}$"),
        ("kodak-camcorder", CAMCORDER, r"(playsport|playtouch|playfull|zi|ze|zx|ze)\d?\b|zi\d|zx\d"),
        ("easyshare", COMPACT, r"(digital science )?(dc ?\d{2,4}|[cdl][xs]\d{3,4}|easyshare|md\d\d|mx\d{3,4}|m\d{2,4}|c\d{2,4}|v\d{3,4}|z[d]?\d{3,4}|p\d{3}|ez\d{3}|"
         r"cw\d{3}|cd\d{2,3}|z\d{3}|slice)\b"),
    ),
    *_lines(
        "Minolta|Konica Minolta|Konica",
        ("minolta-slr", DSLR, r"(dynax|maxxum|alpha|α)[ -]?(sweet|[57])|rd-?(175|3000)"),
        ("minolta-compact", COMPACT, r"dimage (?!scan)|(digital )?revio|kd-?\d|dg-?\d|q-m\d"),
    ),
    *_lines("Hasselblad", ("hasselblad-x", MIRRORLESS, r"x[12]d|.*\b907x"), ("hasselblad-h", DSLR, r"h[3-6]d"), ("stellar", COMPACT, r"stellar"), ("lunar", MIRRORLESS, r"lunar|lusso"), ("hv", DSLR, r"hv$")),
    *_lines("Mamiya", ("mamiya-zd", DSLR, r"zd$")),
    *_lines("Contax|Kyocera", ("contax-n", DSLR, r"(contax )?n digital"), ("contax-compact", COMPACT, r"(contax )?(tvs digital|sl300|[iu]4r)")),
    *_lines("Kyocera|Yashica", ("finecam", COMPACT, r"finecam|fc-[ls]\d|(l|s)\d{1,2}[rv]?$"), ("yashica-ez", COMPACT, r"ez ")),
    *_lines("Epson", ("r-d1", MIRRORLESS, r"r-d1"), ("photopc", COMPACT, r"photo ?pc|l-500")),
    *_lines("HP", ("photosmart", COMPACT, r"photo ?smart ([cremps]{0,2}\d{3}|[rem]\d{2})( |v|xi|$)(?!.*series)|(cb|cw|pb|sb)\d{3}")),
    *_lines("GE", ("ge-compact", COMPACT, r"[aegjx]\d{3,4} ?[a-z]*$|pj1|wp\d|power ?pro")),
    *_lines("Sanyo", ("xacti", CAMCORDER, r"vpc-(c[agxs]|hd|fh|gh|th|wh|pd|sh|c\d|cs)"), ("sanyo-compact", COMPACT, r"vpc-?[aest xzr]?\d|s[rx]\d{3}|s\d$|dsc-?[sx]\d|vpc-(mz|az|j|x|e|s|t|r)\d")),
    *_lines("JVC", ("jvc-compact", COMPACT, r"gc-(qx?|s)\d"), ("jvc-camcorder", CAMCORDER, r"g[rzcy]-")),
    *_lines("Toshiba", ("pdr", COMPACT, r"pdr-"), ("camileo", CAMCORDER, r"camileo")),
    *_lines("Agfa|AgfaPhoto", ("agfa-compact", COMPACT, r"(ap )?(ephoto|dc-?\d{3,4}|ac \d|compact \d|optima|precisa|sensor|realishot|digitalform)")),
    *_lines("Vivitar", ("vivicam", COMPACT, r"vivicam")),
    *_lines("Rollei", ("rollei-compact", COMPACT, r"(dk|dp|dt|dr|dcx?)\d{3,4}|(compact|flex|power|sports)line|rcp-|prego|da\d{4}|xs-|d\d{2,3}( |$)")),
    *_lines("Praktica", ("luxmedia", COMPACT, r"luxmedia|dcz|dc ?\d|dpix")),
    *_lines("Jenoptik", ("jenoptik-compact", COMPACT, r"jd ?\d|jendigital")),
    *_lines("BenQ", ("benq-compact", COMPACT, r"dc[ -]?[a-z]{0,2}\d{3,4}|(digital camera )?[cexplts]\d{3,4}")),
    *_lines("Concord", ("eye-q", COMPACT, r"eye-?q")),
    *_lines("Polaroid", ("polaroid-compact", COMPACT, r"(a|is?|t|m|x)\d{3,4}$|pdc")),
    *_lines("Premier|Traveler|Minox|Argus|Skanhex|Sealife", ("house-brand-compact", COMPACT, r"(ds|dc|dsc|sx)[ -]?\d{3,4}")),
    *_lines("Mustek", ("mustek-compact", COMPACT, r"mdc ?\d|gsmart")),
    *_lines("Zeiss", ("zx1", COMPACT, r"zx1$")),
    *_lines("Hitachi", ("hitachi-camcorder", CAMCORDER, r"dz-")),
)  # fmt: skip


CODES: tuple[Family, ...] = (
    # phones whose codes a data base may not know yet
    *_lines("Huawei|Honor", ("huawei-code", SMARTPHONE, r"[a-z]{3}-(lx\d|nx\d|[abt]?n\d\d)[a-z]?$")),
    *_lines("Xiaomi|POCO", ("xiaomi-code", SMARTPHONE, r"2[2-9]\d{2}[\da-f](r[a-oq-z]|p[a-z])[a-z\d]{2,5}$")),
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
