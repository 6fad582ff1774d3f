"""What a power cut leaves: files as they were synced, under the names that were.

A disk is a set of inodes: bytes of files, names in directories. What was there
before the command is durable; from then on a file is what it was at its last
fsync, a directory has the names that it had at its own. tracer -s keeps both.
"""
import os
import shutil
import stat

DIRECTORY, LINK = 4, 10  # d_type


class Disk:
    """What is durable below a place, which is a copy of `stage`."""

    def __init__(self, place, stage):
        self.root = os.stat(place).st_ino
        self.files = {}   # inode: where its bytes are, and its mode
        self.names = {}   # inode of a directory: {name: (inode, type)}
        self._take(place, stage)

    def _take(self, place, stage):
        entries = {}
        with os.scandir(place) as found:
            for entry in found:
                kind = DIRECTORY if entry.is_dir(follow_symlinks=False) else \
                    LINK if entry.is_symlink() else 8
                entries[entry.name] = (entry.inode(), kind)
                twin = f"{stage}/{entry.name}"
                if kind == DIRECTORY:
                    self._take(entry.path, twin)
                else:
                    self.files[entry.inode()] = (twin, None)
        self.names[os.stat(place).st_ino] = entries

    def sync(self, folder):
        """What was synced since, by the notes of the tracer."""
        if not os.path.exists(f"{folder}/log"):
            return
        with open(f"{folder}/log", encoding="utf-8") as log:
            for line in log:
                kind, inode, number, mode = line.split()
                if kind == "file":
                    self.files[int(inode)] = (f"{folder}/{number}",
                                              int(mode, 8))
                else:
                    self.names[int(inode)] = dict(read_names(
                        f"{folder}/{number}"))

    def _put(self, inode, kind, to):
        if kind == DIRECTORY:
            os.mkdir(to)
            for name, entry in self.names.get(inode, {}).items():
                self._put(*entry, f"{to}/{name}")
        elif inode in self.files:
            source, mode = self.files[inode]
            shutil.copy2(source, to, follow_symlinks=False)
            if mode is not None:
                os.chmod(to, mode)
        elif kind == LINK:
            os.symlink("nowhere", to)
        else:
            open(to, "wb").close()

    def without_names(self, to):
        """A disk on which nothing is that was not synced."""
        self._put(self.root, DIRECTORY, to)

    def without_bytes(self, place, to):
        """One that has all names, and no bytes that were not synced."""
        os.mkdir(to)
        with os.scandir(place) as found:
            for entry in found:
                path = f"{to}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    self.without_bytes(entry.path, path)
                elif entry.is_symlink():
                    os.symlink(os.readlink(entry.path), path)
                else:
                    self._put(entry.inode(), 8, path)
                    os.chmod(path, stat.S_IMODE(entry.stat().st_mode))


def read_names(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            inode, kind, name = line.rstrip("\n").split(" ", 2)
            if name not in (".", ".."):
                yield name, (int(inode), int(kind))


# ---- The order of one run --------------------------------------------------

# What is named there is not to be relied upon before its folder is synced.
RELIED = {"refs/heads/reeve/journal": "refs/heads/reeve",
          "reeve/witness": "reeve"}
LEAVES = ("connect", "sendto", "sendmsg", "execve")


def disorder(points):
    """Complaints: what left, or was told, before it was safe."""
    owed = {}
    for point in points:
        if point.process != "0":
            continue
        last = point.path.rsplit(" ", 1)[-1]
        if point.call in ("rename", "renameat", "renameat2", "link"):
            for name, folder in RELIED.items():
                if last.endswith(f"/.git/{name}"):
                    owed[f"/.git/{folder}"] = point
        elif point.call == "fsync":
            for folder in [f for f in owed if last.endswith(f)]:
                del owed[folder]
        elif owed and (point.call in LEAVES or "/outbox/" in point.path or
                       point.call == "write" and
                       not point.path.startswith("/")):
            yield f"{point.call} {point.path} at {point.number}, and " \
                  f"{', '.join(owed)} is not synced"
