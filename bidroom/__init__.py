"""bidroom: an electronic bid opening room with sealed bids and a log that anyone can verify."""

from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    """The folder of the page templates, in a checkout, an editable install and a wheel alike."""
    return _folder("templates")


def demo_folder() -> Path:
    """The folder of the scenarios and sample documents, in a checkout, an editable install and a wheel alike."""
    return _folder("demo")


def _folder(name: str) -> Path:
    """A wheel has the folder inside the package, a checkout beside it; FileNotFoundError where neither is so."""
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"{name}/ is neither in {_PACKAGE} nor beside it: bidroom is not completely installed")
