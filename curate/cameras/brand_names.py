"""Names of makers and their product lines in files: the data of `brands`."""

from __future__ import annotations

import re

# Casefolded name in files -> brand. Brands whose name in files differs in case only are in _PLAIN.
BRANDS: dict[str, str] = {
    "10 or": "10.or",
    "acer": "Acer",
    "agfa gevaert": "Agfa",
    "agfa photo": "AgfaPhoto",
    "arashi": "Insta360",
    "apple computer": "Apple",
    "asahi optical": "Pentax",
    "asus": "Asus",
    "asustek": "Asus",
    "autel robotics": "Autel",
    "bbk": "vivo",
    "benq siemens": "BenQ-Siemens",
    "bq": "bq",
    "casio computer": "Casio",
    "cat": "Cat",
    "dji": "DJI",
    "doke": "Blackview",
    "eastman kodak": "Kodak",
    "flir": "FLIR",
    "teledyne flir": "FLIR",
    "fuji xerox": "Xerox",
    "fuji photo film": "Fujifilm",
    "fuji": "Fujifilm",
    "garmin": "Garmin",
    "ge": "GE",
    "general imaging": "GE",
    "general electric": "GE",
    "gitup": "GitUp",
    "gopro": "GoPro",
    "hasselblad": "Hasselblad",
    "hewlett packard": "HP",
    "hewlettpackard": "HP",
    "hmd global": "HMD",
    "hmd": "HMD",
    "hp": "HP",
    "htc": "HTC",
    "high tech computer": "HTC",
    "iqoo": "vivo",
    "insta360": "Insta360",
    "arashi vision": "Insta360",
    "itel": "itel",
    "jk imaging": "JK Imaging",
    "jvc kenwood": "JVC",
    "jvckenwood": "JVC",
    "victor company of japan": "JVC",
    "jvc": "JVC",
    "cmf": "CMF",
    "cmf by nothing": "CMF",
    **{
        f"kddi {code}": brand
        for code, brand in (("sh", "Sharp"), ("ca", "Casio"), ("hi", "Hitachi"), ("kc", "Kyocera"))
    },
    **{
        f"kddi {code}": brand
        for code, brand in (("sa", "Sanyo"), ("ts", "Toshiba"), ("sn", "Sony Ericsson"), ("pt", "Pantech"))
    },
    "kddi": "KDDI",
    "kmz": "Zenit",
    "lemobile": "LeEco",
    "letv": "LeEco",
    "ntt docomo": "Docomo",
    "konica minolta": "Konica Minolta",
    "konicaminolta": "Konica Minolta",
    "leica camera": "Leica",
    "leitz": "Leica",
    "lg": "LG",
    "lge": "LG",
    "lg cyon": "LG",
    "lg elec": "LG",
    "lg mobile": "LG",
    "matsushita": "Panasonic",
    "microsoft mobile": "Microsoft",
    "minolta": "Minolta",
    "mot": "Motorola",
    "nec": "NEC",
    "nikon": "Nikon",
    "noritsu koki": "Noritsu",
    "nothing technology": "Nothing",
    "om digital solutions": "OM System",
    "om system": "OM System",
    "olympus": "Olympus",
    "oneplus": "OnePlus",
    "oppo": "OPPO",
    "palm one": "Palm",
    "palmone": "Palm",
    "panasonic": "Panasonic",
    "parrot": "Parrot",
    "pentax": "Pentax",
    "pentax ricoh imaging": "Ricoh",
    "phase one": "Phase One",
    "polaroid": "Polaroid",
    "poco": "POCO",
    "research in motion": "BlackBerry",
    "rim": "BlackBerry",
    "blackberry": "BlackBerry",
    "realme": "realme",
    "redmi": "Xiaomi",
    "ricoh imaging": "Ricoh",
    "samsung": "Samsung",
    "sansung": "Samsung",
    "sanyo electric": "Sanyo",
    "seiko epson": "Epson",
    "semc": "Sony Ericsson",
    "sony ericsson": "Sony Ericsson",
    "sonyericsson": "Sony Ericsson",
    "sony": "Sony",
    "tct": "TCL",
    "tcl": "TCL",
    "tecno": "Tecno",
    "umi": "UMIDIGI",
    "umidigi": "UMIDIGI",
    "victor": "JVC",
    "vivo": "vivo",
    "voigtlaender": "Voigtländer",
    "xiaoyi": "YI",
    "xiao yi": "YI",
    "yi technology": "YI",
    "yi": "YI",
    "zte": "ZTE",
}
_PLAIN = (
    "10.or", "Activeon", "AEE", "Agfa", "AgfaPhoto", "AGM", "Aiptek", "Akaso", "Alcatel", "Allcall", "Allview", "Amazon",
    "Apeman", "Apple", "Archos", "Argus", "ARRI", "Autel", "Avision", "BenQ", "Blackmagic", "Blackview", "BLU", "Bluboo",
    "Bravis", "Brother", "Campark", "Canon", "Casio", "Cherry Mobile", "Concord", "Contax", "Contex", "Contour", "Coolpad",
    "Creative", "Crosscall", "Cubot", "CZUR", "Dakele", "Docomo", "Doogee", "Doov", "Doro", "Doxie", "Drift", "EHang",
    "Eken", "Elephone", "Energizer", "Epson", "Essential", "Fairphone", "Fimi", "Flip", "Fly", "Foscam", "Fujifilm",
    "Fujitsu", "General Mobile", "Genius", "Geotel", "Gigaset", "Gionee", "Gome", "Google", "Gretel", "Highscreen",
    "Hisense", "Hitachi", "Holy Stone", "Homtom", "Honor", "Huawei", "Hubsan", "Imacon", "iNew", "Infinix", "InFocus",
    "InnJoo", "Intel", "Intex", "iOcean", "iVoomi", "Ivvi", "Jenoptik", "Jiayu", "Karbonn", "Kazam", "Keecoo", "Kingzone",
    "Kodak", "Konica", "Koobee", "Koolnee", "Kyocera", "Landvo", "Lava", "Leaf", "Leagoo", "LeEco", "Leica", "Lenovo",
    "Leree", "Lexmark", "LYF", "Lytro", "Mamiya", "Maze", "Medion", "Meiigoo", "Meitu", "Meizu", "MicaSense", "Micromax",
    "Microsoft", "Microtek", "Minox", "Mitsubishi", "Mlais", "Mobiistar", "Motorola", "Mustek", "Neffos", "Nextbase",
    "Nextbit", "Nibiru", "Nintendo", "Noa", "Nokia", "Nomu", "Noritsu", "Nothing", "Nubia", "NUU", "Nvidia", "Obi", "Oce",
    "Oukitel", "Pacific Image", "Pakon", "Palm", "Pantech", "Phicomm", "Philips", "Plustek", "Poptel", "Potensic",
    "PowerVision", "PPTV", "Praktica", "Premier", "Qiku", "Razer", "Reconyx", "RED", "Reflecta", "Ricoh", "Rollei", "Ruko",
    "Ryze", "Sagem", "Santin", "Sanyo", "SeaLife", "senseFly", "Sentera", "Sharp", "Siemens", "Sigma", "Sinar", "Siswoo",
    "SJCAM", "Skanhex", "Skydio", "Smartisan", "Smartron", "Sugar", "SwellPro", "Tecno", "ThiEYE", "THL", "TomTom",
    "Toshiba", "Traveler", "Trust", "Uhans", "Uhappy", "Ulefone", "Umax", "Unihertz", "Vernee", "Visioneer", "Vivitar",
    "VKworld", "Vodafone", "Voto", "Vtel", "Walkera", "Weimei", "Wieppo", "Wiko", "Wileyfox", "Wingtra", "Wolverine",
    "Workswell", "Xerox", "Xgody", "Xiaomi", "Xiro", "Xolo", "Yakumo", "Yashica", "Yu", "Yuneec", "Z Cam", "Zeiss",
    "Zero Zero", "Zopo", "ZUK",
)  # fmt: skip
BRANDS.update({name.casefold(): name for name in _PLAIN if name.casefold() not in BRANDS})
LONGEST = max(len(words.split()) for words in BRANDS)
KNOWN = frozenset(BRANDS.values())
GLUED = tuple(sorted((name for name in BRANDS if len(name) > 4 and name.isalpha()), key=len, reverse=True))

# Product lines that files name in place of the maker.
PRODUCTS = {
    **dict.fromkeys(("coolpix", "coolscan"), "Nikon"),
    **dict.fromkeys(("powershot", "ixus", "ixy", "eos", "canoscan", "pixma"), "Canon"),
    **dict.fromkeys(("cyber-shot", "cybershot", "xperia", "mavica", "handycam"), "Sony"),
    **dict.fromkeys(("finepix", "instax"), "Fujifilm"),
    **dict.fromkeys(("galaxy", "digimax", "kenox", "vluu"), "Samsung"),
    **dict.fromkeys(("iphone", "ipad", "ipod"), "Apple"),
    **dict.fromkeys(("camedia", "mju"), "Olympus"),
    **dict.fromkeys(("officejet", "deskjet", "scanjet", "photosmart"), "HP"),
    **dict.fromkeys(("easyshare", "pixpro"), "Kodak"),
    **dict.fromkeys(("pixel", "nexus"), "Google"),
    **dict.fromkeys(("photopc", "perfection", "workforce"), "Epson"),
    **dict.fromkeys(("mavic", "zenmuse"), "DJI"),
    "lumix": "Panasonic", "lumia": "Nokia", "vivicam": "Vivitar", "exilim": "Casio", "optio": "Pentax",
    "efina": "Pentax", "digilux": "Leica", "eye-q": "Concord", "dimage": "Minolta", "caplio": "Ricoh",
    "xacti": "Sanyo", "everio": "JVC", "finecam": "Kyocera", "scansnap": "Fujitsu", "moto": "Motorola",
    "anafi": "Parrot", "bebop": "Parrot",
}  # fmt: skip
# Brands that are also common words: a model that starts with one of them does not name its maker.
ALSO_WORDS = frozenset({
    "Argus", "Cat", "Contour", "Drift", "Energizer", "Essential", "Flip", "Fly", "Genius", "Honor", "Intel", "Lava", "Leaf",
    "Maze", "Noa", "Nomu", "Nothing", "Obi", "Palm", "Premier", "RED", "Sugar", "Traveler", "Trust", "Wolverine",
})  # fmt: skip

# Makers that sell under other brands: the start of the model names the brand.
LICENSED = {"HMD": {"nokia": "Nokia"}, "JK Imaging": {"kodak": "Kodak"}, "Ricoh": {"pentax": "Pentax"}}
LICENSED["Microsoft"] = {"nokia": "Nokia"}
LICENSED["FLIR"] = {"cat": "Cat"}

# Names and codes that only one maker uses. They identify the maker where a file states none, or one that is not in BRANDS.
_LINES: tuple[tuple[str, str], ...] = (
    ("Canon", r"digital ixus"),
    ("Nikon", r"super coolscan"),
    ("Sony", r"(?:dsc-|dslr-a\d|slt-a\d|ilc[ea]-|ilme-|nex-|zv-[e1]|xq-[a-z]{2}\d\d)"),
    ("Fujifilm", r"gfx ?\d"),
    ("Panasonic", r"dmc-|dc-(?:fz|tz|zs|lx|g|s\d|fx|fs|ft|ts|lz)\d?"),
    # Olympus writes both names of a camera, or ends a name in its zoom (UZ, WZ)
    (
        "Olympus",
        r"e-(?:m\d|p\d|pl\d|pm\d)|c-?\d{3,4}(?:wz|uz|z|l)\b|sp-?\d{3}uz|fe-?\d{3,4}\b|[uμµ](?:[dt]?\d{3,4}|-\d{4}|tough)|"
        r"(?:c|d|x|vg|vr|fe)-?\d{1,4}[a-z]?[,/] ?[a-z]-?\d{2,4}|tg-\d|s[zh]-\d\d",
    ),
    ("Leica", r"[cdv]-lux ?\d|r[89] - digital back"),
    ("Pentax", r"\*ist"),
    ("Casio", r"ex-[a-z]{1,2}\d|qv-"),
    ("Kodak", r"dc\d{3} zoom"),
    ("Toshiba", r"pdr[ -]?[mt]?\d"),
    ("HP", r"hp (?:photo ?smart|\d{3} digital|psc|scanjet|officejet|deskjet|laserjet)"),
    ("Ricoh", r"gr digital|rdc-\d"),
    ("Sanyo", r"vpc-"),
    ("Samsung", r"(?:samsung-)?(?:sm-[a-z]\d{3}|gt-[a-z]\d{4}|sgh-)|(?:samsung |digimax )?u-ca ?\d"),
    ("Google", r"nexus (?:4|5|6|7|9|10|one|s)\b"),
    ("Motorola", r"moto [a-z]"),
    ("Xiaomi", r"(?:redmi|poco|mi) "),
    ("GoPro", r"hero\d+\b"),
)
LINES = tuple((brand, re.compile(pattern, re.IGNORECASE)) for brand, pattern in _LINES)

# Schemes of codes and short names, which identify the maker only where a file states none.
CODES = tuple(
    (brand, re.compile(pattern, re.IGNORECASE))
    for brand, pattern in (
        ("Fujifilm", r"x-(?:t\d|pro\d|e\d|h\d|a\d|s\d|m\d)|x100[a-z]?$|mx-\d{4}(?:zoom)?$"),
        ("Motorola", r"xt\d{4}(?:-\d+)?$"),
        ("Xiaomi", r"m20\d\d[a-z]|2[0-9]\d{5,6}[a-z]{1,2}$|2[0-9]\d{2,4}[a-z]{2,3}\d?[a-z\d]{1,4}$"),
        ("OPPO", r"cph\d{4}$"),
        ("realme", r"rmx\d{4}$"),
        ("Huawei", r"[a-z]{3}-(?:[ln]x\d[a-z]?|[at]?[ln]\d\d[a-z]?)$"),
    )
)
