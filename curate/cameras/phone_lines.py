"""Lines of phones and tablets, as their makers name them (see `families`)."""

# ruff: noqa: E501  (a line of cameras is read as one line)

from __future__ import annotations

from curate.cameras.family import (
    ACTION,
    COMPACT,
    FEATURE_PHONE,
    MIRRORLESS,
    SCANNER,
    SMARTPHONE,
    TABLET,
    UNKNOWN,
    Family,
    lines,
)

PHONES: tuple[Family, ...] = (
    *lines(
        "Apple",
        ("iphone", SMARTPHONE, r"iphone"),
        ("ipad", TABLET, r"ipad"),
        ("ipod", UNKNOWN, r"ipod"),  # a music player with a camera is none of the types
        ("quicktake", COMPACT, r"quicktake"),
    ),
    *lines(
        "Google",
        ("pixel-tablet", TABLET, r"pixel (tablet|c)\b"),
        ("pixel", SMARTPHONE, r"pixel( \d{1,2}[a-z]?| xl| fold|$)"),
    ),
    *lines(
        "Google|Asus|HTC|Huawei|LG|Motorola|Samsung",  # files of Nexus phones name the maker that built them
        ("nexus-tablet", TABLET, r"nexus (7|9|10)\b"),
        ("nexus", SMARTPHONE, r"(galaxy )?nexus( one| s| 4| 5x?| 6p?)?$"),
    ),
    *lines(
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
    *lines(
        "Sony",
        ("xperia-tablet", TABLET, r"xperia.*tablet|sgpt?\d{2,3}|so-(03e|05[fg])$|sot\d\d$"),
        ("xperia", SMARTPHONE, r"xperia|xq-[a-z]{2}\d\d|so-\d\d[a-z]$|so[glv]\d\d$|a?\d{3}so$"),
        ("xperia-code", SMARTPHONE, r"([c-h]\d{4}|i[34]\d{3}|j[389]\d{3}|([lms]t|x[lm])\d\d[ahi]\d?|c\d{4}[a-z]?)$"),
        ("sony-action", ACTION, r"hdr-a[sz]\d|fdr-x\d{4}"),
    ),
    *lines(
        "Sony Ericsson",
        ("xperia", SMARTPHONE, r"xperia|(x1|x10|e1[056]|u20|[lms]t\d\d|sk17|r800|mk16|wt1[89]|so-01[bcd]|is11s|x8)[aix]*$"),
        ("symbian", SMARTPHONE, r"(p(800|9[019]0|1)|m600|w9[56]0|g[79]00|u[158])[cdi]*$|satio|vivaz"),
        ("sony-ericsson-feature", FEATURE_PHONE, r"([cfjkrstvz]\d{3}|w[1-8]\d{2}|w9(02|80|95)|u100?|d750|t[67]07|j[12]0|w20|wt13|ck1[35])[acdi]*2?$|so\d{3}i[a-z]{0,2}$"),
    ),
    *lines("Microsoft|Nokia", ("lumia-tablet", TABLET, r"lumia 2520"), ("lumia", SMARTPHONE, r"lumia")),
    *lines("Microsoft", ("surface-duo", SMARTPHONE, r"surface duo"), ("surface", TABLET, r"surface")),
    *lines(
        "Nokia|HMD",
        # N and E series and the numbers below run Symbian, Maemo or MeeGo: smartphones
        ("nokia-series", SMARTPHONE, r"(n(7\d|8\d|9[0-7]|900|950|8|9)|e(5|6|7|5[0125]|6[0-35-6]|7[0-35]|90))\b( classic| mini|i|-0?\d{1,2}|$)"),
        # the numbers that run Symbian; the others run Nokia's Series 40 or 30
        ("symbian", SMARTPHONE, r"(500|603|70[01]|808( pureview)?|3230|3250|36[0256]0(?! slide)|52(28|30|33|35|50)|5320|5500|5530|57[03]0|5800|6110 nav|61(20|21|24)|"
         r"6210( nav|s)|6220 c|6260(?! slide)|6290|66[0278]0(?! (slide|fold|classic))|6650 fold|668[12]|6630|6700 slide|67(10|20|30|60|88|90)|7610(?! super)|7650|7710|9[235]\d0)"
         r"(-\d|[a-z]{0,2}\b)"),
        ("symbian", SMARTPHONE, r"(c5|c6|c7|x6|x7)-0\d"),
        ("nokia-feature", FEATURE_PHONE, r"(\d{4}|[12]\d{2})[a-z]{0,2}\b( 4g| classic| slide| fold| flip| supernova| arte| music| \(20\d\d\)|-\d+[a-z]?)*$|800 tough|[cx][123]-0\d|asha"),
        ("nokia-android", SMARTPHONE, r"(\d\.\d( plus)?\b|[1-9]( plus)?$|[gxc]\d\d( 5g| pro| plus)?$|xr\d\d|8 sirocco|8 v 5g|pureview)"),
        ("nokia-tablet", TABLET, r"(t10|t20|t21|n1)$"),
    ),
    *lines("HMD", ("hmd", SMARTPHONE, r"skyline|pulse|fusion|crest|arc|vibe|aura|hyper|key|xr\d\d")),
    *lines("HTC", ("htc-tablet", TABLET, r"flyer|jetstream|nexus 9|evo view"), ("re-camera", ACTION, r"re$"),
            ("htc", SMARTPHONE, r"(one|desire|u ?\d\d|u play|u ultra|wildfire|sensation|evo|incredible|hero|magic|dream|legend|rhyme|"
             r"radar|titan|trophy|mozart|hd\d?\b|touch|tytn|butterfly|droid|exodus|10\b|bolt|first|velocity|inspire|thunderbolt|tattoo|"
             r"explorer|salsa|chacha|vivid|amaze|rezound|surround|nexus one|pg\d{5}|2[pq][a-z\d]{4,})")),
    *lines("OnePlus", ("oneplus-tablet", TABLET, r"pad|opd\d"), ("oneplus", SMARTPHONE,
            r"([a-z]\d{4}|[a-z]{2}\d{4}|[a-z]{3}\d{3}|(oneplus )?\d{1,2}(t|r|rt| pro)*( 5g)?|one|x|nord.*|open|ace.*)$")),
    *lines("OPPO", ("oppo-tablet", TABLET, r"pad( |\d|$)|opd\d{4}"), ("oppo", SMARTPHONE, r"cph\d{4}|(find|reno|realme) |p[a-z]{2}[mt]\d\d|[fkar]\d{1,3}[a-z]* ?(pro|plus|5g)?$")),
    *lines("realme|OPPO", ("realme-tablet", TABLET, r"rmp\d{4}|pad"), ("realme", SMARTPHONE, r"rmx\d{4}|(c|gt|x|q|v|p|narzo) ?\d*|\d{1,2}( pro| pro plus|i|s)?")),
    *lines("vivo", ("vivo-tablet", TABLET, r"pa2\d{3}|(vivo |iqoo )?pad"), ("vivo", SMARTPHONE, r"v\d{4}[a-z]*$|i\d{4}$|\d{4}$|[vxysztk]\d{1,3}[a-z]*( (pro|plus|lite|ultra|mini|max|fe)\b.*|\+| 5g|$)|iqoo|nex|x (fold|flip|note)")),
    *lines("Fairphone", ("fairphone", SMARTPHONE, r"fp\d|(the )?(fairphone )?(\d|\(gen)")),
    *lines("Nothing|CMF", ("nothing", SMARTPHONE, r"a\d{3}|ain\d{3}|(cmf )?phone")),
    *lines("Motorola", ("xoom", TABLET, r"mz\d{3}|xoom|moto (tab|pad)|xt2261"),
            ("motorola-feature", FEATURE_PHONE, r"(moto|mot-)?[ -]?(rokr|krzr|slvr|pebl|rizr)|wx\d{3}|ex\d{3}$"),
            ("motorola", SMARTPHONE, r"xt\d{3,4}|m[be]\d{3}|a(7[68]|9[12]|1[0268]0|3[01]0)0e?$|moto ?[a-z](?![a-z])|edge|one\b|droid|razr (5g|40|50|60|plus|ultra|20\d\d)|milestone|defy|atrix|nexus 6"),
            ("motorola-feature", FEATURE_PHONE, r"(motorazr|razr|mot-)? ?(v3|v6|v8|v9|v220|v300|v360|v500|v600|v620|v980|v\d{3}|l6|l7|l9|k1|k3|e[137]\d{2}|e1000|c\d{3}|w\d{3}|u6|u9|zn5|z3|z6)[a-z]{0,2}$")),
    *lines("LG", ("lg-tablet", TABLET, r"v(4|5|7)\d{2}[a-z]*$|g pad|lm-t\d{3}"), ("lg", SMARTPHONE, r"lm-[a-z]\d{3}|[defhpqx]\d{3}[a-z\d]*$|k\d{3}[a-z\d]*$|m\d{3}[a-z\d]*$|(vs|us|ls|ms|as)\d{3}|nexus|g\d( |$)|v\d0\b|(lg)?l[gv][lv]?\d\d$|[kqx]\d{1,2}[a-z+]?( |$)|optimus|velvet|wing"),
            ("lg-feature", FEATURE_PHONE, r"((kp|ku|ke|kf|kg|km|ks|kc|gd|gs|cu|cf|cb|ux|ax|lx|bl|gb|gu)\d{3}|t3\d{2}|vx\d{4}|u8\d{3})[a-z]?$"), ("lg-360", ACTION, r"r105")),
    *lines("BlackBerry", ("playbook", TABLET, r"playbook"), ("blackberry", SMARTPHONE, r"(blackberry )?(8[1-9]\d\d|9[0-9]\d{2}|z10|z30|z3|q5|q10|q20|p9\d{3}|passport|classic|leap|priv|keyone|key2|bold|curve|torch|storm|pearl|tour|style)|st[vhra]\d{2,3}|bb[abdef]\d{3}|motion")),
    *lines("Palm", ("palm", SMARTPHONE, r"treo|pre\b|pixi|centro|veer|p\d{3}(eww|una)?$|pvg\d{3}")),
    *lines("Amazon", ("fire-phone", SMARTPHONE, r"sd4930|fire phone"), ("fire-tablet", TABLET, r"kf[a-z]{3,5}$|kindle fire")),
    *lines("Lenovo", ("lenovo-tablet", TABLET, r"tb-?\d|tb-|tab |yoga tab"), ("lenovo", SMARTPHONE, r"phab|vibe|xt\d{4}|legion phone")),
    *lines("Kodak", ("ektra", SMARTPHONE, r"ektra|im5")),
    *lines("Leica|Sharp", ("leitz-phone", SMARTPHONE, r"(leitz )?phone \d")),
    *lines("Sharp", ("aquos", SMARTPHONE, r"sh[vlg]\d\d$|sh-(m|r|z)\d\d|sh-5\d[a-z]$|a?[0-7]0\dsh$|aquos"), ("sharp-feature", FEATURE_PHONE, r"shf\d\d$|(sh)?9[1-4]\dsh$|gx\d\d$")),
    *lines("Kyocera", ("kyocera", SMARTPHONE, r"kyv\d\d|kyl\d\d|kyg\d\d"), ("kyocera-feature", FEATURE_PHONE, r"kyf\d\d")),
    *lines("Fujitsu|FCNT", ("arrows", SMARTPHONE, r"arrows|f-5\d[a-z]$|fcg\d\d$"), ("fujitsu-scanner", SCANNER, r"fi-\d{3,4}|sp-?\d{4}")),
    *lines("Ricoh|PFU", ("fi-scanner", SCANNER, r"fi-\d{3,4}")),
    # keitai: numbers that the Japanese operators gave to feature phones
    *lines("Sharp|Fujitsu|NEC|Panasonic|Mitsubishi|Sanyo|Sony Ericsson|Docomo", ("docomo-keitai", FEATURE_PHONE, r"(sh|so|[dfnpr])\d{3}i[a-z]{0,4}$")),
    *lines("Sharp|Casio|Hitachi|Kyocera|Toshiba|Sanyo|Pantech|Sony Ericsson|KDDI", ("au-keitai", FEATURE_PHONE, r"(w\d\d|a\d{4})(sh?|ca|t|h|k|sa|pt|p)( ?ii)?$|(sh|ca|ts|kc|sn|hi|sa|pt)\d{2}$")),
    *lines("Siemens", ("siemens-smart", SMARTPHONE, r"sx(1|45|56|66)$"), ("siemens-feature", FEATURE_PHONE, r"[acems][fklxpv]?[tx]?\d{2}[iv]?$|sxg ?\d\d$|s[lkp]\d\d$")),
    *lines("BenQ-Siemens", ("benq-siemens", FEATURE_PHONE, r"[acems][flk]?\d{2}$")),
    *lines("Sanyo", ("sanyo-feature", FEATURE_PHONE, r"scp-\d{4}")),
    *lines("Sagem", ("sagem-feature", FEATURE_PHONE, r"my ?[a-z]{0,2}-?\d")),
    *lines("Pantech", ("pantech", SMARTPHONE, r"adr\d{4}|p9\d{3}$|im-[at]\d{3}")),
    *lines("Doro", ("doro", SMARTPHONE, r"(8\d{3}|liberto|aurora)"), ("doro-feature", FEATURE_PHONE, r"phoneeasy|[567]\d{3}$")),
    *lines("Acer", ("acer-tablet", TABLET, r"iconia"), ("acer", SMARTPHONE, r"liquid"), ("acer-compact", COMPACT, r"c[eilprsu]-\d{4}")),
    *lines("HP", ("hp-tablet", TABLET, r"slate|touchpad|stream [78]$|pro slate"), ("hp-phone", SMARTPHONE, r"pre ?3|veer|elite x3")),
    *lines("T-Mobile|O2|Orange|Qtek", ("operator-phone", SMARTPHONE, r"g[12]$|g2x|mytouch|revvl|mda|xda|spv|qtek|[89]\d{3}$")),
    # makers of phones and tablets: names of their phones
    *lines("Allview", ("allview-tablet", TABLET, r"viva|alldro"), ("allview", SMARTPHONE, r"[acepvx]\d|impera|soul|wp")),
    *lines("Archos", ("archos-tablet", TABLET, r"(7\d|8\d|9\d|1[0-3]\d)[a-z]? "), ("archos", SMARTPHONE, r"(4\d|5\d|6[0-4])[a-z]? |diamond (?!tab)|sense \d\d")),  # the diagonal in tenths of an inch
    *lines("Blackview", ("blackview-tablet", TABLET, r"active \d|mega \d")),
    *lines("Oukitel", ("oukitel-tablet", TABLET, r"[ro]t ?\d")),
    *lines("bq", ("bq-tablet", TABLET, r"(bq )?aquaris (e10|m8|m10)|(bq mobile )?bq-?([789]\d|10)\d\d"), ("bq", SMARTPHONE, r"(bq mobile )?bq-?[4-6]\d{3}")),  # BQ's digits are the inches
    *lines("Intex", ("intex", SMARTPHONE, r"aqua|cloud|elyt|infie|indie|staari|uday")),
    *lines("Lenovo", ("lenovo-tablet", TABLET, r"([as]\d{1,2}-\d\d|a(2107|2109|3000|3300|3500|5500|7600)|s[56]000|b[68]0\d0)"), ("lenovo", SMARTPHONE, r"([kpsz]\d{1,2}|[ks]\d{3})([a-z]\d?)?(-[a-z]+\d?|( |$))")),
    *lines("LeEco", ("leeco", SMARTPHONE, r"le ?[x12smp\d]")),
    *lines("Hisense", ("hisense", SMARTPHONE, r"infinity|a[2-9]( pro)?$")),
    *lines("Cat", ("cat", SMARTPHONE, r"s\d\d"), ("cat-feature", FEATURE_PHONE, r"b(?!15)\d\d")),
    *lines("Infinix", ("infinix-tablet", TABLET, r"x110\d")),
    *lines("itel", ("itel-tablet", TABLET, r"p1\d{4}")),
    *lines("Panasonic", ("eluga", SMARTPHONE, r"eluga"), ("cm1", SMARTPHONE, r"dmc-cm1$"), ("cm10", UNKNOWN, r"dmc-cm"), ("toughpad", TABLET, r"fz-[agm]\d"), ("panasonic-feature", FEATURE_PHONE, r"kx-tu"), ("panasonic-scanner", SCANNER, r"kv-s"), ("panasonic-action", ACTION, r"hx-a\d")),
    *lines("Asus", ("asus-tablet", TABLET, r"tf\d{3}[a-z]*$|zenpad|transformer"), ("asus", SMARTPHONE, r"zenfone|rog phone|ai\d{4}|(z|x|i)0\d\d[a-z]{0,3}$|t00[a-z]$")),
    *lines("Honor|Huawei", ("huawei-tablet", TABLET, r"mediapad|matepad|([a-z\d]{3,4}-w\d\d)|(ags|bah|btv|sht|cmr|vrd|scm|mrx|kob|jdn|cpn|dby|got|ple|bg2)\d?-"),
            ("huawei", SMARTPHONE, r"(p|mate|nova|y|ascend|pura|enjoy)[ -]?(\d|s\b|x\b|smart)|p smart|[uctm]8\d{3}|u9\d{3}|[gy]\d{3}\b")),
    *lines("Honor|Huawei", ("honor-tablet", TABLET, r"pad"), ("honor", SMARTPHONE, r"(honor )?(magic ?\d*|view|play|\d{1,3}[a-z]?)\b.*$")),
    *lines("Xiaomi|POCO", ("xiaomi-tablet", TABLET, r"(mi |redmi |poco |xiaomi )?pad(\b|\d)|2\d{3}[\da-f]rp|m2105k81"), ("xiaomi-action", ACTION, r"ydxj|mi sphere|mijia"),
            ("xiaomi", SMARTPHONE, r"(mi|redmi|poco|mix|hm|xiaomi|civi) |poco|m[12]\d{3}[a-z]\d+[a-z]+$|redmi$")),
    *lines("Meizu", ("meizu", SMARTPHONE, r"(m|mx|pro|u|e|x|c)? ?\d+|m\d")),
)  # fmt: skip
"""Lines of phones and tablets; they are more reliable than the databases."""

CODES: tuple[Family, ...] = (
    # makers whose only devices with a camera are phones
    *lines(
        "10.or|AGM|Allcall|Blackview|Bluboo|Bravis|Cherry Mobile|Crosscall|Cubot|Dakele|Doov|Elephone|Fairphone|Fly|General Mobile|Geotel|Gome|Gionee|Gretel|Highscreen|Homtom|InFocus|iNew|"
        "InnJoo|iOcean|iVoomi|Ivvi|Jiayu|Kazam|Keecoo|Kingzone|Koobee|Koolnee|Landvo|Leagoo|Leree|LYF|Maze|Meiigoo|Meitu|Mlais|Mobiistar|Neffos|Nextbit|Nibiru|Noa|"
        "Nomu|NUU|Obi|Oukitel|Phicomm|Poptel|PPTV|Qiku|Santin|Siswoo|Smartisan|Smartron|Sugar|THL|Uhans|Uhappy|Ulefone|Unihertz|Vernee|VKworld|Voto|Vtel|Weimei|Wieppo|Wileyfox|"
        "Xgody|Xolo|Yu|Zopo|ZUK",
        ("phone-maker", SMARTPHONE, r"."),
    ),
    *lines("Huawei|Honor", ("huawei-code", SMARTPHONE, r"[a-z]{3}-(lx\d|nx\d|[abt]?n\d\d)[a-z]?$")),
    *lines("Xiaomi|POCO", ("xiaomi-code", SMARTPHONE, r"2[2-9]\d{2}[\da-f](r[a-oq-z]|p[a-z])[a-z\d]{2,5}$")),
)  # fmt: skip
"""Schemes of phone codes that the databases may not know yet. They are used last."""
