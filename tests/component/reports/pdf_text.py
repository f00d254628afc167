"""The text of a PDF that Chromium printed: as much of the format as that needs.

Chromium (Skia) writes one stream of compressed drawing commands a page, and for each font a table from
glyphs to characters.
"""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def page_texts(pdf: bytes) -> list[str]:
    """Return the text of each page, without spaces: where words part is a matter of positions."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = sorted(number for number, body in objects.items() if re.search(rb"/Type\s*/Page\b", body))
    return [_page_text(objects, objects[number]) for number in pages]


def _page_text(objects, page):
    fonts = {name: _characters(objects, int(ref)) for name, ref in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    (content,) = re.findall(rb"/Contents (\d+) 0 R", page)
    characters, text = {}, []
    for font, shown in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", _stream(objects[int(content)])):
        if font:
            characters = fonts[font]
        glyphs = re.findall(rb"....", shown)
        text += [characters.get(glyph.upper(), "") for glyph in glyphs]
    return "".join(text).replace(" ", "").replace("\N{NO-BREAK SPACE}", "")


def _characters(objects, font):
    """Read the font's table from glyphs, as four hex digits, to characters."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    if found is None:
        return {}
    table = _stream(objects[int(found[1])])
    characters = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, text in re.findall(rb"<(\w+)> <(\w+)>", block):
            characters[glyph.upper()] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(rb"<(\w+)> <(\w+)> <(\w+)>", block):
            for offset in range(int(last, 16) - int(first, 16) + 1):
                glyph = f"{int(first, 16) + offset:04X}".encode()
                characters[glyph] = chr(int(text, 16) + offset)
    return characters


def _stream(body):
    # A stream whose last byte looks like the end of a line has lost it, and needs none of its checksum.
    return zlib.decompressobj().decompress(_STREAM.search(body)[1])
