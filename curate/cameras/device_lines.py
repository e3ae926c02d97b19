"""Lines of drones, action cameras, scanners and printers, and words that say what a device is (see `families`)."""

# ruff: noqa: E501  (a line of cameras is read as one line)

from __future__ import annotations

from curate.cameras.family import (
    ACTION,
    CAMCORDER,
    DRONE,
    FILM_SCANNER,
    MIRRORLESS,
    SCANNER,
    SMARTPHONE,
    TABLET,
    UNKNOWN,
    Family,
    lines,
)

WORDS: tuple[Family, ...] = (
    *lines(
        "",
        ("film-scanner", FILM_SCANNER, r".*(film ?scan|slide ?scan|negative ?scan|arriscan|coolscan|dimage scan|opticfilm|sprintscan|leafscan|flextight|primefilm|powerslide|crystalscan|d-lab|clas digital|canoscan fs)"),
        ("scanner", SCANNER, r".*(canoscan|scanjet|scanmaker|scanexpress|snapscan|scansnap|duoscan|docuscan|documate|flatbed|\bscanner\b|\bmfp\b|multifunction|all[ -]in[ -]one)"),
        ("printer", SCANNER, r"(deskjet|laserjet|psc ?\d|officejet|envy \d|smart ?tank|ink ?tank|workcentre|versalink|altalink|docucentre|imagerunner|ir-adv|bizhub|workforce|aficio|taskalfa|ecosys|e-studio|magicolor|scx-\d|clx-\d|xpress [cm]\d)"),
        # words that name the type, for any maker
        ("drone", DRONE, r".*\b(drone|quadcopter)\b"),
        ("action-camera", ACTION, r".*\baction ?cam"),
        ("camcorder", CAMCORDER, r".*\b(camcorder|handycam|everio)\b"),
        ("webcam", UNKNOWN, r".*\b(web ?cam|lifecam|facetime|isight)"),
        ("tablet", TABLET, r".*\b([a-z]*tab|tablet|(?!game|key)[a-z]*pad)\b"),
    ),
)  # fmt: skip
"""Words that name the type of a device of any maker."""

DEVICES: tuple[Family, ...] = (
    # --- drones and action cameras
    *lines(
        "DJI",
        ("dji-handheld", ACTION, r"(dji )?(osmo|pocket|action|ac\d{3}|(ot|op|pp|hg)-?\d{3})"),
        ("ronin-4d", CAMCORDER, r"ronin 4d"),
        ("dji", DRONE, r"(dji )?(fc\d{3,4}|phantom|mavic|inspire|mini|air|spark|avata|neo|flip|zenmuse|fpv|x[3457][rs]?$|xt\b|xt[2s]\b|zh\d\d|z30|h20|h30|m3|m4|m30|dock|matrice|tello|l\dd|p4|p1|l[12]$)"),
    ),
    *lines("Hasselblad", ("mavic-hasselblad", DRONE, r"l\dd-\d+[a-z]")),
    *lines("Ryze", ("tello", DRONE, r"tello")),
    *lines("GoPro", ("gopro", ACTION, r".")),
    *lines("Sony", ("umc", DRONE, r"umc-r\d")),
    *lines("Parrot", ("parrot", DRONE, r".")),
    *lines("Autel", ("autel", DRONE, r"evo|x[kl]\d{3}|xt7\d\d|x-?star|dragonfish|dragon ?fish")),
    *lines("Yuneec", ("yuneec", DRONE, r".")),
    *lines("Skydio|Hubsan|Potensic|Fimi|PowerVision|senseFly|MicaSense|Sentera|Workswell|Wingtra|Walkera|SwellPro|Holy Stone|Ruko|Xiro|EHang|Zero Zero", ("drone-maker", DRONE, r".")),
    *lines("FLIR", ("flir-payload", DRONE, r"(vue|duo|hadron)\b")),
    *lines("SJCAM|Insta360|AEE|GitUp|Activeon|Akaso|Eken|Apeman|Campark|ThiEYE", ("action-maker", ACTION, r".")),
    *lines("YI", ("yi-mirrorless", MIRRORLESS, r"m1$"), ("yi-action", ACTION, r"ydxj|yi 4k|4k|lite|z\d\d")),
    *lines("Garmin", ("nuvifone", SMARTPHONE, r"nuvifone"), ("virb", ACTION, r"virb")),
    *lines("Drift", ("drift", ACTION, r"ghost|stealth|hd|drift|x\d")),
    *lines("Contour", ("contour", ACTION, r"(contour)?(hd|gps|\+|roam)")),
    *lines("JVC", ("adixxion", ACTION, r"gc-xa")),
    *lines("Casio", ("gze", ACTION, r"gze-")),
    *lines("Rollei", ("rollei-bullet", ACTION, r"bullet|racy"), ("rollei-scanner", FILM_SCANNER, r"p?df-s")),
    *lines("TomTom", ("bandit", ACTION, r"bandit")),
    *lines("Nikon", ("keymission", ACTION, r"keymission"), ("nikon-scanner", FILM_SCANNER, r"ls-\d+")),
    *lines("Olympus", ("tg-tracker", ACTION, r"tg-tracker"), ("olympus-scanner", FILM_SCANNER, r"es-10")),
    # --- scanners
    *lines("Noritsu", ("minilab", FILM_SCANNER, r".")),
    *lines("Fujifilm", ("frontier", FILM_SCANNER, r"sp-?\d{3,4}|frontier|slp\d")),
    *lines("Kodak", ("kodak-scanner", FILM_SCANNER, r"(pakon )?f-?[123]35|hr ?\d{3}|rfs ?\d{4}|pcd"), ("kodak-document-scanner", SCANNER, r"(scan ?station|i\d{2,4}( scanner)?$|scanmate|s2\d{3}\b|alaris)"), ("kodak-printer", SCANNER, r"(kodak )?(esp|hero)\b")),
    *lines("Imacon", ("digital-back", UNKNOWN, r"ixpress")),
    *lines("Pakon|Imacon|Reflecta|Wolverine|Pacific Image", ("film-scanner-maker", FILM_SCANNER, r".")),
    *lines("Canon", ("canon-film-scanner", FILM_SCANNER, r"fs ?(2710|2720|4000)"), ("canon-scanner", SCANNER, r"lide|dr-[a-z]?\d{3,4}|p-\d{3}$|mp navigator|(ip|e|g|gx)\d{3,4} ?series|(mp|mg|mx|mf|mb|ts|tr|xk)\d{2,4}|imageclass|i-sensys|maxify|pixma|9000f|9950f|8800f|8600f|5600f")),
    *lines("Epson", ("epson-scanner", SCANNER, r"perfection|expression|gt-|es-|ds-|stylus|xp-|et-|wf-|px-|ep-\d|artisan|v\d{3}\b|(cx|dx|sx|bx|tx|nx|ff|ew-|em-|m|l)\d{3,4}|pm-[at]\d|.* series$")),
    *lines("HP", ("hp-printer", SCANNER, r"photo ?smart (?!\d\d[\dx]\b)([bcd]\d{4}|b\d{3}[a-z]|plus|premium|wireless|.*series)|(?!photo ?smart).* series$|scan|color laserjet"), ("hp-film-scanner", FILM_SCANNER, r"photo ?smart s20")),
    *lines("Brother", ("brother", SCANNER, r"mfc|dcp|ads|ds-|pds-|.* series$")),
    *lines("Samsung", ("samsung-printer", SCANNER, r"(sl-)?[cm]\d{3,4}[a-z]* series")),
    *lines("Sharp", ("sharp-copier", SCANNER, r"(mx|ar|bp)-[bcm]?\d{3,4}")),
    *lines("Ricoh", ("ricoh-copier", SCANNER, r"(mp|im|sp) c?\d{3,4}")),
    *lines("Kyocera", ("kyocera-copier", SCANNER, r"(km|fs)-c?\d{4}")),
    *lines("Lexmark|Plustek|Visioneer|Avision|Doxie|Oce|Contex|CZUR|Xerox", ("scanner-maker", SCANNER, r".")),
    *lines("Umax|Microtek|Mustek", ("scanner-maker", SCANNER, r"astra ?\d|power ?look|artixscan|scan")),
)  # fmt: skip
"""Drones, action cameras, scanners and printers."""
