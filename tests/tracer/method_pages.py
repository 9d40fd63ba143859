"""docs/method.md and its Chinese version, read by one parser so that neither page can change alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = ("method.md", "method.zh-CN.md")
IN_ENGLISH: Final = {
    "干净": "clean",
    "被盗": "stolen",
    "留存": "held",
    "来源": "origin",
    "方法": "method",
    "何处": "where",
    "部分": "share",
    "步骤": "step",
    "变动": "movement",
    "性质": "reason",
    "按顺序": "in order",
    "单笔": "leg",
    "付款方": "payer",
    "收款方": "receiver",
    "分账合约": "splitter",
    "位置": "place",
    "投入": "in",
    "换出": "out",
    "模式": "pattern",
    "，": ", ",
    "、": ", ",
}
"""The words of the tables, so that one parser reads both pages."""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def tables(name: str, first_cell: str) -> list[list[list[str]]]:
    """Every table whose header begins with a cell, as rows of cells in English words, without the header."""
    found = []
    for block in page(name).split("\n\n"):
        lines = block.splitlines()
        rows = [[in_english(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
        if block.startswith("|") and rows[0][0] == first_cell:
            found.append([rows[0], *rows[2:]])
    return found


def in_english(cell: str) -> str:
    for word, english in IN_ENGLISH.items():
        cell = cell.replace(word, english)
    return cell


def before_table(name: str, title: str) -> str:
    """The paragraph that introduces the first table with this second column, past a heading between them."""
    blocks = page(name).split("\n\n")
    place = next(
        place
        for place, block in enumerate(blocks)
        if block.startswith("|") and in_english(block.split("|")[2].strip()) == title
    )
    return next(block for block in blocks[place - 1 :: -1] if not block.startswith("#"))


def number(text: str) -> int:
    return int(text.replace(",", ""))


def numbers(text: str) -> list[int]:
    return [number(one) for one in re.findall(r"\d[\d,]*", text)]
