"""Make ``docs/keys.md`` and ``docs/settings.md`` from the tables that the tutor itself uses.

python scripts/reference_pages.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tutor import settings  # noqa: E402
from tutor.app import keys  # noqa: E402

MADE = "Made by `python scripts/reference_pages.py`; edit {source} instead.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def keys_page() -> str:
    """Every key, place by place, with the id under which it can be remapped."""
    keys.use({})
    lines = [
        "# Keys\n",
        MADE.format(source="`tutor/app/keys.py`"),
        "Nothing needs Alt, a function key or a mouse. `?` shows this table in the tutor, first",
        "the keys of the screen you came from; `ctrl+p` searches it by name. Other keys for an",
        "action stand in the [settings file](settings.md), by its id:\n",
        '```toml\n[keys]\n"checkpoint.check" = "k, ctrl+t"\n```',
    ]
    for place, title in keys.PLACES.items():
        actions = keys.of(place)
        if not actions:
            continue
        lines += [f"\n## {title}\n", "| key | what it does | id |", "|---|---|---|"]
        for action in actions:
            names = ", ".join(_code(keys.NAMES.get(key, key)) for key in action.keys)
            lines.append(f"| {_cell(names)} | {_cell(action.help)} | `{action.id}` |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every setting, with what it takes and its default."""
    lines = [
        "# Settings\n",
        MADE.format(source="`tutor/settings.py`"),
        "The file is `settings.toml` in the configuration folder of your system, on Linux",
        "`~/.config/cnntutor/`. `o` on the home screen and `cnntutor settings` show where it is,",
        "and `cnntutor settings NAME VALUE` changes a line of it. A line that can't be used is",
        "told with its number and the reason; the others hold, and nothing is written over it.\n",
        "| setting | what it is | takes | default |",
        "|---|---|---|---|",
    ]
    for field in settings.fields():
        lines.append(
            f"| `{field.name}` | {_cell(field.title)}. {_cell(field.description)} "
            f"| {settings.takes(field)} | `{settings.as_toml(field.default)}` |"
        )
    lines += [
        "\nFor one start: `cnntutor --slow`, `cnntutor --plain`. The actions whose keys can be",
        "changed: [keys.md](keys.md), or `cnntutor settings --keys`.",
    ]
    return "\n".join(lines) + "\n"


PAGES = {"keys.md": keys_page, "settings.md": settings_page}


def main() -> None:
    for name, page in PAGES.items():
        path = ROOT / "docs" / name
        path.write_text(page(), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
