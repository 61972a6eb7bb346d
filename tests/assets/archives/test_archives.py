"""An archive unpacks below its folder, or not at all."""

from __future__ import annotations

import stat
import tarfile
import zipfile

import pytest

from assets.ingest.archives import RefusedArchive, unpack
from tests.assets.archives.making import GOOD, KINDS, content, make, make_tar, make_zip, tar_info


@pytest.mark.parametrize("kind", KINDS)
def test_good_archives_are_unpacked_whatever_their_name(tmp_path, folder, kind):
    lines: list[str] = []
    files = unpack(make(kind, tmp_path / "download", GOOD), folder, say=lines.append)
    assert content(folder) == GOOD
    assert files == sorted(folder / name for name in GOOD)
    assert [path.name for path in folder.parent.iterdir()] == ["data"]
    assert lines == ["download: 4 files unpacked"]


@pytest.mark.parametrize("kind", KINDS)
def test_one_top_folder_can_be_left_out(tmp_path, folder, kind):
    unpack(make(kind, tmp_path / "a", GOOD), folder, strip=1)
    assert content(folder) == {name.removeprefix("ml/"): data for name, data in GOOD.items()}


def test_several_top_folders_can_be_left_out(tmp_path, folder):
    members = [*(tar_info(name, type=tarfile.DIRTYPE) for name in ("./", "a", "a/b")), tar_info("a/b/c/x")]
    assert unpack(make_tar(tmp_path / "a", members), folder, strip=2) == [folder / "c/x"]


@pytest.mark.parametrize("other", ["top.txt", "other/x.txt"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_top_folder_that_is_not_common_is_not_left_out(tmp_path, refused, kind, other):
    refused(make(kind, tmp_path / "a", GOOD | {other: b"x"}), "top folders that all members should share", strip=1)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_wanted_is_written(tmp_path, folder, kind):
    archive = make(kind, tmp_path / "a", GOOD | {"./ml/z/1": b"1", "ml/zz": b"2"})
    files = unpack(archive, folder, members=["ml/ratings.csv", "ml/z/"], strip=1)
    assert [path.relative_to(folder).as_posix() for path in files] == ["ratings.csv", "z/1"]
    assert set(content(folder)) == {"ratings.csv", "z/1"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_wanted_member_that_is_not_there_is_named(tmp_path, refused, kind):
    refused(make(kind, tmp_path / "a", GOOD), "does not hold ml/no.csv", members=["ml/ratings.csv", "ml/no.csv"])


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_of_nothing_is_refused(tmp_path, refused, kind):
    refused(make(kind, tmp_path / "a", {}), "does not hold any file")


def test_what_is_there_is_replaced_or_kept(tmp_path, folder):
    (folder / "ml").mkdir(parents=True)
    (folder / "ml" / "ratings.csv").write_bytes(b"old")
    (folder / "ml" / "mine.txt").write_bytes(b"mine")
    unpack(make_zip(tmp_path / "a.zip", GOOD), folder)
    assert content(folder) == GOOD | {"ml/mine.txt": b"mine"}


def test_a_folder_and_a_file_do_not_replace_each_other(tmp_path, folder):
    (folder / "ml" / "ratings.csv").mkdir(parents=True)
    with pytest.raises(RefusedArchive, match="one is a folder and one a file"):
        unpack(make_zip(tmp_path / "a.zip", GOOD), folder)
    assert content(folder) == {} and [path.name for path in folder.parent.iterdir()] == ["data"]


OUTSIDE = [
    *("../x", "a/../../x", "a/..", "..", "/etc/x", "//x", "C:/x", "c:x", "..\\x", "a\\b", "\\\\host\\x"),
    *("a\nb", "a\x1bb", "a\x7fb", ".", "./."),
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("kind", KINDS)
def test_names_that_lead_outside_are_refused(tmp_path, refused, kind, name):
    refused(make(kind, tmp_path / "a", {"fine.txt": b"1", name: b"2"}), "would leave the folder")


def test_names_with_nul_or_that_are_no_text_are_refused(tmp_path, refused):
    path = make_zip(tmp_path / "a", {"fine.txt": b"1", "aXb.txt": b"2"})
    path.write_bytes(path.read_bytes().replace(b"aXb.txt", b"a\0b.txt"))
    refused(path, "would leave the folder")
    refused(make_tar(path, {"fine.txt": b"1", "\udcff.txt": b"2"}), "would leave the folder")


@pytest.mark.parametrize("name", ["x" * 256, "ü" * 128, "a/" * 1500 + "x"])
@pytest.mark.parametrize("kind", KINDS)
def test_names_too_long_for_a_disk_are_refused(tmp_path, refused, kind, name):
    refused(make(kind, tmp_path / "a", {"fine.txt": b"1", name: b"2"}), "too long a name")


@pytest.mark.parametrize(
    "first, second", [("a.txt", "A.TXT"), ("D/x", "d/y"), ("é", "e\u0301"), ("a", "a/b"), ("a/b", "a")]
)
@pytest.mark.parametrize("kind", KINDS)
def test_names_that_some_disks_take_for_the_same_are_refused(tmp_path, refused, kind, first, second):
    refused(make(kind, tmp_path / "a", {first: b"1", second: b"2"}), "has the same name as")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(tmp_path, refused):
    path = make_zip(tmp_path / "a", {"a": b"1"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a", b"2")
    refused(path, "has the same name as")
    refused(make_tar(path, [tar_info("a"), tar_info("./a")]), "has the same name as")


def test_folders_may_come_twice_and_stay_empty(tmp_path, folder):
    members = [tar_info(name, type=tarfile.DIRTYPE) for name in ("d", "d/", "./", "e")]
    unpack(make_tar(tmp_path / "a", [*members, tar_info("d/x")]), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["d", "e"]


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"Z",
    ],
    ids=["symlink", "hardlink", "character device", "block device", "fifo", "sparse", "unknown"],
)
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_what_is_no_file_in_a_tar_is_refused(tmp_path, refused, kind, mode):
    odd = tar_info("odd", type=kind, linkname="fine.txt")
    refused(make_tar(tmp_path / "a", [tar_info("fine.txt"), odd], mode), "'odd' is neither a plain file")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_what_is_no_file_in_a_zip_is_refused(tmp_path, refused, kind):
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("odd")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    refused(path, "'odd' is neither a plain file nor a folder")


def test_a_link_cannot_be_written_through(tmp_path, refused):
    """The classic: a link out of the folder, then a file below it."""
    link = tar_info("out", type=tarfile.SYMTYPE, linkname=str(tmp_path))
    refused(make_tar(tmp_path / "a", [link, tar_info("out/x")]), "'out' is neither")


@pytest.mark.parametrize("kind", KINDS)
def test_modes_of_the_archive_are_dropped(tmp_path, folder, kind):
    path = tmp_path / "a"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            info = zipfile.ZipInfo("x")
            info.external_attr = (stat.S_IFREG | 0o6777) << 16
            archive.writestr(info, "#!/bin/sh")
    else:
        make_tar(path, [tar_info("x", mode=0o6777, uid=0)], "w" if kind == "tar" else "w:gz")
    unpack(path, folder)
    assert stat.S_IMODE((folder / "x").stat().st_mode) & 0o7133 == 0


def test_an_encrypted_zip_is_refused(tmp_path, refused):
    path = make_zip(tmp_path / "a", {"secret": b"1"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    refused(path, "'secret' is encrypted")
