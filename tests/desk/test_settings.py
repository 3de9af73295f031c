"""The settings file: what is good in it holds, what is bad is told by line, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import reference_pages
from tutor import settings, terminal
from tutor.app import keys
from tutor.settings import Settings, SettingsFile

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def read(path: Path, text: str) -> SettingsFile:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return SettingsFile(path)


def test_without_a_file_all_is_default_and_nothing_is_written(path):
    assert SettingsFile(path).settings == Settings()
    assert SettingsFile(None).settings == Settings()
    assert not path.parent.exists()


def test_a_setting_is_written_and_comments_and_order_stay(path):
    text = '# mine\nslow = "off"   # at home\n\nredraws = 20\n\n[keys]\ncheckpoint.check = "k"\n'
    file = read(path, text)
    assert file.problems == []
    assert file.settings == Settings(slow="off", redraws=20, keys={"checkpoint.check": "k"})
    assert file.set("slow", "on") == ""
    assert file.set("editor", 'vim -c "set nu"') == ""
    wanted = text.replace('slow = "off"', 'slow = "on"')
    wanted = wanted.replace("20\n", '20\neditor = "vim -c \\"set nu\\""\n')
    assert path.read_text() == wanted
    again = SettingsFile(path).settings
    assert (again.slow, again.editor) == ("on", 'vim -c "set nu"')


def test_a_first_setting_makes_the_file(path):
    file = SettingsFile(path)
    assert file.set("redraws", "4") == ""
    assert SettingsFile(path).settings.redraws == 4
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('slow = "yes"', 'slow takes auto, on or off, not "yes"'),
        ("redraws = 99", "redraws takes a whole number from 1 to 30, not 99"),
        ('redraws = "4"', 'redraws takes a whole number from 1 to 30, not "4"'),
        ("colour = 256", "colour takes auto, none, 16, 256 or truecolor, not 256"),
        ("fast = true", "there is no setting 'fast'"),
        ('keys = { "home.nowhere" = "a" }', "there is no action 'home.nowhere'"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_the_others_hold(path, line, told):
    file = read(path, f'# a comment\nresume = "off"\n{line}\n')
    assert file.settings.resume == "off"
    notice = file.notices[0]
    if not line.startswith("keys"):
        assert f"{path}, line 3: " in notice
    assert told in notice
    assert len(file.problems) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [(b'slow = "on"\nredraws = \n', 2), (b'slow = "on"\n[keys\n', 2), (b"a = 1\n\xff\xfe\n", 2)],
)
def test_a_file_that_cant_be_read_is_told_and_never_written(path, text, line):
    path.parent.mkdir()
    path.write_bytes(text)
    file = SettingsFile(path)
    assert file.settings == Settings()
    assert f"{path}, line {line}: " in file.notices[0]
    assert "Nothing in the file is used until it is mended" in file.notices[0]
    assert file.set("slow", "off").startswith("Not changed.")
    assert path.read_bytes() == text


def test_a_value_that_spans_lines_is_left_to_its_owner(path):
    text = 'editor = """\nvim"""\n'
    file = read(path, text)
    assert "only you can edit" in file.set("editor", "nano")
    assert path.read_text() == text


def test_a_refused_value_says_what_it_takes(path):
    file = SettingsFile(path)
    assert file.set("slow", "maybe") == "slow takes auto, on or off, not 'maybe'."
    assert "There is no setting 'fast'" in file.set("fast", "on")
    assert not path.exists()


def test_true_and_false_are_on_and_off(path):
    assert read(path, "slow = true\nresume = false\n").settings == Settings(slow="on", resume="off")


def test_a_start_may_ask_for_something_else_than_the_file(path):
    read(path, 'slow = "off"\n')
    assert SettingsFile(path, {"slow": "on"}).settings.slow == "on"


@pytest.mark.parametrize(
    ("id", "wanted", "told"),
    [
        ("home.next", "b", "b is taken by home.board"),
        ("home.next", "q", "q is taken by everywhere.back"),
        ("text.page-on", "c", "c is taken by checkpoint.check"),
        ("home.next", "ctrl+", "'ctrl+' is no key"),
        ("home.next", "hello", "'hello' is no key"),
        ("home.next", "", "needs at least one key"),
        ("home.next", "w, ctrl+w", ""),
        ("checkpoint.check", "?", "? is taken by everywhere.help"),
        ("board.section-on", "}", ""),
        ("editor.save", "ctrl+o", ""),
    ],
)
def test_keys_are_remapped_unless_another_action_has_them(id, wanted, told):
    assert (told in keys.refused(id, wanted, {})) if told else not keys.refused(id, wanted, {})


def test_two_actions_can_change_places():
    others = {"home.board": "w"}
    assert keys.refused("home.next", "b", others) == ""


def test_a_slow_line_is_guessed_from_ssh_and_a_setting_goes_before():
    ssh = {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}
    assert terminal.is_slow(Settings(), ssh)
    assert not terminal.is_slow(Settings(), {})
    assert not terminal.is_slow(Settings(slow="off"), ssh)
    assert terminal.is_slow(Settings(slow="on"), {})
    assert terminal.redraw_every(Settings(redraws=30), slow=True) == 0.25
    assert terminal.redraw_every(Settings(redraws=20), slow=False) == 0.05


def test_what_textual_reads_at_import_is_said_before():
    environ: dict[str, str] = {}
    terminal.prepare(Settings(colour="none"), environ)
    assert environ["NO_COLOR"] == "1"
    assert environ["TEXTUAL_ANIMATIONS"] == "none"
    environ = {}
    terminal.prepare(Settings(colour="16"), environ)
    assert environ["TEXTUAL_COLOR_SYSTEM"] == "standard"


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_the_docs_are_what_the_tables_say(name):
    told = f"docs/{name} is old: python scripts/reference_pages.py"
    assert (ROOT / "docs" / name).read_text() == reference_pages.PAGES[name](), told


def test_every_setting_has_title_description_and_default():
    for field in settings.fields():
        assert field.title
        assert field.description
        assert not field.choices or field.default in field.choices
