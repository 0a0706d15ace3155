from pathlib import Path

import pytest

from kickwatt_sim import firmware_files


def test_in_a_checkout_it_is_the_repositorys_folder() -> None:
    folder = firmware_files.firmware_folder()
    assert (folder / "code.py").exists()


def test_an_installed_package_carries_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages" / "kickwatt_sim"
    (installed / "firmware").mkdir(parents=True)
    (installed / "firmware" / "code.py").touch()
    monkeypatch.setattr(firmware_files, "_HERE", installed)
    assert firmware_files.firmware_folder() == installed / "firmware"


def test_without_either_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firmware_files, "_HERE", tmp_path / "a" / "b")
    with pytest.raises(
        FileNotFoundError, match=r"firmware's files are missing; reinstall"
    ):
        firmware_files.firmware_folder()
