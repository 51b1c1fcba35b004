"""A font that can write Korean, for charts and word clouds."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

from emopic_engine.errors import DataError

# File names, the first that is found wins: Debian's fonts-noto-cjk, Google's and fontsource's
# downloads, then what comes with macOS and Windows.
_KNOWN: Final = (
    "NotoSansCJK-Regular",
    "NotoSansCJKkr-Regular",
    "NotoSansKR-Regular",
    "Pretendard-Regular",
    "NanumGothic",
    "AppleSDGothicNeo",
    "malgun",
)


def korean_font(chosen: Path | None = None) -> Path:
    """The font file to write with: the chosen one, or one that is installed.

    Raises `DataError` where there is none, or the chosen one has no Korean letters.
    """
    if chosen is not None:
        if not _writes_korean(chosen):
            raise DataError(f"{chosen} is not a font with Korean letters")
        return chosen
    installed = {Path(path).stem: Path(path) for path in sorted(findSystemFonts())}
    for name in _KNOWN:
        if name in installed and _writes_korean(installed[name]):
            return installed[name]
    raise DataError(
        "no Korean font is installed: apt-get install fonts-noto-cjk, or give one with --font FILE"
    )


def register(font: Path) -> str:
    """Make matplotlib know the font; returns the family name to use it by."""
    fontManager.addfont(font)
    return FontProperties(fname=font).get_name()


def _writes_korean(font: Path) -> bool:
    try:
        return FT2Font(str(font)).get_char_index(ord("힣")) != 0
    except (OSError, RuntimeError):
        return False
