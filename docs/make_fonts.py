"""Make reports/fonts from the TrueType files of Noto Sans SC.

    python docs/make_fonts.py REGULAR_TTF BOLD_TTF [OUTPUT_FOLDER]

Needs fonttools, which the program does not. The files come from the npm package @expo-google-fonts/noto-sans-sc 0.4.3
(`400Regular/NotoSansSC_400Regular.ttf`, `700Bold/NotoSansSC_700Bold.ttf`), licensed under the OFL (reports/fonts/OFL.txt).

Kept are letters, signs and arrows of the reports; of Han characters the regular font keeps all, because names on
labels and in identity files may have rare ones, and the bold one those of GB 2312, because only the catalogue's own
headings are bold: a rare one in a heading falls back to the regular font. Nothing else is taken away but hinting, which
no PDF needs, and features that this text does not use. reports/formats/typeset.py reads widths from the regular font.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FEATURES = ["ccmp", "kern", "liga", "locl", "palt", "vert"]
SIGNS = [
    (0x0020, 0x0250),  # Latin
    (0x0370, 0x0460),  # Greek, Cyrillic
    (0x2000, 0x2070),  # dashes, quotation marks
    (0x20A0, 0x20C0),  # currencies
    (0x2100, 0x2400),  # letter-like, arrows, mathematics
    (0x2460, 0x2600),  # numbers in circles, boxes
    (0x25A0, 0x2670),  # shapes
    (0x3000, 0x3100),  # Chinese punctuation, kana
    (0xFF00, 0xFFEF),  # full width
]
HAN = [(0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x40000)]


def within(ranges):
    return {code for start, end in ranges for code in range(start, end)}


def gb2312():
    pairs = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return {ord(text) for text in (pair.decode("gb2312", "ignore") for pair in pairs) if text}


def make(source, target, codes):
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    subset.save_font(font, target, options)
    print(f"{target}: {Path(target).stat().st_size:,} bytes, {len(TTFont(target).getBestCmap()):,} characters")


def main(regular, bold, folder="reports/fonts"):
    make(regular, f"{folder}/NotoSansSC-Regular.ttf", within(SIGNS) | within(HAN))
    make(bold, f"{folder}/NotoSansSC-Bold.ttf", within(SIGNS) | gb2312())


if __name__ == "__main__":
    main(*sys.argv[1:])
