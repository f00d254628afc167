"""Theme: name, logo and colours of the company that shows the report; contrast is not theirs to give away."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from reports.errors import ReportError

COLOURS = ("link", "before", "after", "target", "passed", "inconclusive", "failed", "invalid")
"""What a theme may colour; text, ground and lines stay ours."""
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
MAX_LOGO_BYTES = 200_000
_GROUNDS = {"light": "#ffffff", "dark": "#121212"}
_LEAST_CONTRAST = dict.fromkeys(COLOURS, 4.5) | dict.fromkeys(("before", "after", "target"), 3.0)
"""WCAG 2.2: 4.5 for text (1.4.3), 3 for lines and marks (1.4.11)."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """What a theme file says; the empty one changes nothing."""

    name: str = ""
    logo: bytes = b""
    logo_suffix: str = ""
    light: Mapping[str, str] = field(default_factory=dict)
    """Colour by name."""
    dark: Mapping[str, str] = field(default_factory=dict)

    @property
    def style(self) -> str:
        """Return the rules that follow the page's own; empty for a theme without colours."""
        return "".join(
            rule.format(" ".join(f"--{name}: {colour};" for name, colour in colours.items()))
            for rule, colours in (
                (":root {{ {} }}\n", self.light),
                ("@media screen and (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n", self.dark),
            )
            if colours
        )

    @property
    def logo_file(self) -> str:
        """Name the logo's file beside the page."""
        return f"logo{self.logo_suffix}"

    @property
    def logo_data(self) -> str:
        """Return the logo as a `data:` address."""
        return f"data:{LOGO_TYPES[self.logo_suffix]};base64,{base64.b64encode(self.logo).decode('ascii')}"


NO_THEME = Theme()


def read_theme(path: Path) -> Theme:
    """Read a theme file; docs/formats.md shows one.

    Raises:
        ReportError: it cannot be read, or has faults; all of them are told at once.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} is not YAML: {error}.") from error
    if not isinstance(document, dict):
        raise ReportError(f"{path} must be a mapping.", hint=_SHAPE)
    faults = [f"unknown key {key!r}" for key in document if key not in {"name", "logo", "light", "dark"}]
    faults += [fault for scheme in _GROUNDS for fault in _colour_faults(scheme, document.get(scheme) or {})]
    logo, logo_faults = _read_logo(path, str(document.get("logo") or ""))
    if faults or logo_faults:
        raise ReportError(f"{path}: {'; '.join([*faults, *logo_faults])}.", hint=_SHAPE)
    return Theme(
        name=str(document.get("name") or ""),
        logo=logo,
        logo_suffix=Path(str(document.get("logo") or "")).suffix.lower(),
        light=document.get("light") or {},
        dark=document.get("dark") or {},
    )


_SHAPE = f"A theme has name, logo (a file beside it), light and dark; colours are {', '.join(COLOURS)}."


def _colour_faults(scheme: str, colours: Any) -> list[str]:
    if not isinstance(colours, dict):
        return [f"{scheme} must be a mapping of colours"]
    faults = []
    for name, colour in colours.items():
        if name not in COLOURS:
            faults.append(f"{scheme} has no colour {name!r}")
        elif not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            faults.append(f"{scheme} {name} must be like '#00497a'")
        elif (seen := contrast(colour, _GROUNDS[scheme])) < _LEAST_CONTRAST[name]:
            faults.append(
                f"{scheme} {name} {colour} has a contrast of {seen:.1f}, needs {_LEAST_CONTRAST[name]}"
            )
    return faults


def _read_logo(theme: Path, name: str) -> tuple[bytes, list[str]]:
    if not name:
        return b"", []
    path = theme.parent / name
    if path.suffix.lower() not in LOGO_TYPES:
        return b"", [f"the logo must be one of {', '.join(LOGO_TYPES)}"]
    try:
        content = path.read_bytes()
    except OSError as error:
        return b"", [f"the logo {path} cannot be read: {error.strerror}"]
    if len(content) > MAX_LOGO_BYTES:
        return b"", [f"the logo has {len(content):,} bytes, at most {MAX_LOGO_BYTES:,} are taken"]
    return content, []


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 computes it, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
