"""Wheels for another Python and another machine: what pip is asked, and what is told."""

import pytest

from tutor.kit import wheels


def test_a_platform_stands_for_all_whose_wheels_run_there():
    tags = wheels.tags_of("manylinux_2_28_x86_64")
    assert tags[0] == "manylinux_2_28_x86_64"
    assert {"manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"} <= set(tags)
    assert "manylinux_2_29_x86_64" not in tags
    assert "manylinux2014_aarch64" not in wheels.tags_of("manylinux_2_12_aarch64")
    assert wheels.tags_of("macosx_14_0_arm64") == ["macosx_14_0_arm64"]


@pytest.fixture
def pip(monkeypatch, tmp_path):
    """A pip that notes what it is asked, and fails if it is told to."""
    asked: list[list[str]] = []
    failing: list[str] = []

    def run(arguments: list[str]) -> None:
        asked.append(arguments)
        if arguments[0] == "wheel":
            (tmp_path / "cnntutor-1-py3-none-any.whl").touch()
        elif failing:
            raise wheels.WheelsFailed(failing[0])

    monkeypatch.setattr(wheels, "_pip", run)
    monkeypatch.setattr(wheels, "here", lambda: ("3.11", "linux_x86_64"))
    return asked, failing


def test_pip_is_asked_for_every_tag_of_the_platform(pip, tmp_path):
    asked, _ = pip
    (own,) = wheels.gather(tmp_path, "3.12", ["manylinux_2_17_x86_64"])
    assert own.name.startswith("cnntutor-")
    command = asked[-1]
    assert command[command.index("--python-version") + 1] == "3.12"
    assert [command[at + 1] for at, word in enumerate(command) if word == "--platform"] == (
        wheels.tags_of("manylinux_2_17_x86_64")
    )


@pytest.mark.parametrize(
    ("platform", "foreign"),
    [("manylinux_2_28_aarch64", True), ("macosx_14_0_x86_64", True), ("linux_x86_64", False)],
)
def test_where_it_fails_for_another_kind_of_machine_that_is_told(pip, tmp_path, platform, foreign):
    _, failing = pip
    failing.append("no such wheel")
    with pytest.raises(wheels.WheelsFailed, match="no such wheel") as failed:
        wheels.gather(tmp_path, "", [platform])
    assert ("build the kit on one of that kind" in str(failed.value)) == foreign
