"""A matplotlib figure as SVG inside an HTML page: no style attributes, no ids of its own, the page's colours.

Why each step is needed is told in docs/adr/0007-report-html.md. Equal figures give equal bytes.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Sentinel colours: matplotlib draws with them, the page's style sheet decides what they look like.
TEXT = "#010101"
MUTED = "#010102"
GRID = "#010103"
BEFORE = "#010104"
AFTER = "#010105"
TARGET = "#010106"
GOOD = "#010107"
PAGE = "#010108"
BAND = "#010109"
HEAT = ("#010111", "#010112", "#010113", "#010114", "#010115")
"""From few to many."""

_CLASS_BY_SENTINEL = {
    TEXT: "text",
    MUTED: "muted",
    GRID: "grid",
    BEFORE: "before",
    AFTER: "after",
    TARGET: "target",
    GOOD: "good",
    PAGE: "page",
    BAND: "band",
    **{sentinel: f"heat-{level}" for level, sentinel in enumerate(HEAT, start=1)},
}
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_NO_ROTATION = re.compile(r"rotate\(-?0(\.0*)?( .*)?\)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_FONT_SIZE = re.compile(r"[\d.]+px")
_FONT_WEIGHT = re.compile(r"\b(bold|[5-9]00)\b")
_STYLE_FAMILIES = (
    "axes.",
    "figure.",
    "font.",
    "grid.",
    "legend.",
    "lines.",
    "savefig.",
    "svg.",
    "text.",
    "xtick.",
    "ytick.",
)


@contextmanager
def chart_style(chart_id: str) -> Iterator[None]:
    """Set matplotlib up for one chart, from its defaults, whatever the machine's matplotlibrc says.

    Draw and save within. A font without a glyph for somebody's KPI title is no problem: the browser has one.
    """
    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": chart_id,
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "text.parse_math": False,
        "text.color": TEXT,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": TEXT,
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
        "grid.color": GRID,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": TEXT,
        "ytick.labelcolor": TEXT,
        "legend.frameon": False,
        "path.simplify": False,
        # The grid says where a tick is; a mark for each would be a tenth of a small chart.
        "xtick.major.size": 0,
        "ytick.major.size": 0,
    }
    with mpl.rc_context(), warnings.catch_warnings():
        for key in mpl.rcParamsDefault:
            if key.startswith(_STYLE_FAMILIES):
                mpl.rcParams[key] = mpl.rcParamsDefault[key]
        mpl.rcParams.update(style)
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def inline_svg(figure: Figure, *, chart_id: str, title: str, description: str) -> Markup:
    """Turn a figure into an `<svg role="img">` whose ids all start with `chart_id`."""
    buffer = BytesIO()
    # Not savefig: it draws a figure that has a layout twice, the first time for the layout alone.
    metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)  # type: ignore[no-untyped-call]
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  - matplotlib wrote it a line above
    _drop_page_wide_parts(root)
    referenced = _referenced_ids(root)
    for element in root.iter():
        _make_inline(element, chart_id, referenced)
    _unwrap_groups(root)
    _drop_unseen(root)
    _describe(root, chart_id, title, description)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704  - ElementTree has escaped it


def _drop_page_wide_parts(root: ET.Element) -> None:
    """Take out the metadata and the `<style>` that would leak into the page."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{_SVG}metadata", f"{_SVG}style"}:
                parent.remove(child)
        for definitions in parent.findall(f"{_SVG}defs"):
            if all(child.tag == f"{_SVG}style" for child in definitions):
                parent.remove(definitions)


def _drop_unseen(root: ET.Element) -> None:
    """Take out grounds that are not painted; what a clip path is made of stays."""
    for child in list(root):
        if child.tag == "path" and child.attrib.keys() == {"d", "fill"} and child.get("fill") == "none":
            root.remove(child)


def _unwrap_groups(parent: ET.Element) -> None:
    """Put the children of groups that say nothing in their place; matplotlib nests three of them a line."""
    children = []
    for child in parent:
        _unwrap_groups(child)
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    parent[:] = children


def _referenced_ids(root: ET.Element) -> set[str]:
    values = [value for element in root.iter() for value in element.attrib.values()]
    links = {value.removeprefix("#") for element in root.iter() if (value := element.get(_XLINK_HREF))}
    return {*links, *(found for value in values for found in _REFERENCE.findall(value))}


def _make_inline(element: ET.Element, chart_id: str, referenced: set[str]) -> None:
    attributes = dict(element.attrib)
    attributes |= _style_attributes(attributes.pop("style", ""))
    link, own_id = attributes.pop(_XLINK_HREF, ""), attributes.pop("id", "")
    if _NO_ROTATION.fullmatch(attributes.get("transform", "")):
        del attributes["transform"]
    element.tag = element.tag.removeprefix(_SVG)
    element.text, element.tail = (element.text or "").strip() or None, None
    element.attrib.clear()
    if own_id in referenced:
        element.set("id", f"{chart_id}-{own_id}")
    if link:
        element.set("href", f"#{chart_id}-{link.removeprefix('#')}")
    if classes := _page_colours(attributes):
        element.set("class", classes)
    for name, value in attributes.items():
        compact = _path(value) if name == "d" else _compact(value)
        element.set(name, _REFERENCE.sub(rf"url(#{chart_id}-\1)", compact))


def _style_attributes(style: str) -> dict[str, str]:
    """Give the declarations of a `style` attribute as attributes; the font's family is the page's."""
    declarations = (declaration.partition(":") for declaration in style.split(";"))
    attributes = {name.strip(): value.strip() for name, _, value in declarations if name.strip()}
    attributes.pop("font-family", None)
    if font := attributes.pop("font", ""):
        size, weight = _FONT_SIZE.search(font), _FONT_WEIGHT.search(font)
        attributes |= {"font-size": size[0]} if size else {}
        attributes |= {"font-weight": weight[0]} if weight else {}
    return attributes


def _page_colours(attributes: dict[str, str]) -> str:
    """Take sentinel colours out of the attributes and give the classes that stand for them."""
    classes = []
    if attributes.get("fill") == TEXT:
        del attributes["fill"]  # the style sheet's default for text
    for name in ("fill", "stroke"):
        if sentinel := _CLASS_BY_SENTINEL.get(attributes.get(name, "")):
            del attributes[name]
            classes.append(f"{name}-{sentinel}")
    return " ".join(classes)


def _compact(value: str) -> str:
    """Round coordinates to hundredths of a point and drop matplotlib's line breaks: a third of the size."""
    return " ".join(_LONG_NUMBER.sub(_rounded, value).split())


def _path(data: str) -> str:
    """Write straight lines as short as SVG can: along one axis only the other number is left out."""
    tokens = data.split()
    if {token for token in tokens if token.isalpha()} - {"M", "L", "z"}:
        return _compact(data)
    parts, here, position = [], ("", ""), 0
    while position < len(tokens):
        command = tokens[position]
        if command == "z":
            parts.append("z")
            position += 1
            continue
        x, y = (_tenths(token) for token in tokens[position + 1 : position + 3])
        position += 3
        if command == "M":
            parts.append(f"M{x} {y}")
        elif (x, y) != here:
            parts.append(f"V{y}" if x == here[0] else f"H{x}" if y == here[1] else f"L{x} {y}")
        here = (x, y)
    return "".join(parts)


def _tenths(number: str) -> str:
    text = f"{float(number):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _rounded(match: re.Match[str]) -> str:
    text = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _describe(root: ET.Element, chart_id: str, title: str, description: str) -> None:
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    title_id, description_id = f"{chart_id}-title", f"{chart_id}-desc"
    root.set("role", "img")
    root.set("aria-labelledby", f"{title_id} {description_id}")
    for position, (tag, own_id, text) in enumerate(
        (("title", title_id, title), ("desc", description_id, description))
    ):
        element = ET.Element(tag, id=own_id)
        element.text = text
        root.insert(position, element)
