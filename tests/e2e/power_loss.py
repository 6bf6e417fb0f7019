# SPDX-License-Identifier: Apache-2.0
"""What a loss of power leaves of a store, made of a trace: what was synced, and of what was not any part or nothing."""

import re

import syscalls

ENDINGS = ("", "-wal")  # of the files that count; the index beside the log is made anew
PLACE = re.compile(r", (\d+), (\d+)(?:\)| <unfinished)")
LENGTH = re.compile(r">, (\d+)(?:\)| <unfinished)")
PAGE = 4096  # of the system: a write of several reaches the disk page by page, in any order


class File:
    def __init__(self):
        self.disk, self.waiting, self.asked = bytearray(), [], 0

    def take(self, event):
        """A call on this file, where it begins or ends."""
        if event.call in ("fsync", "fdatasync"):
            if event.begins:
                self.asked = len(self.waiting)
            if event.ends and event.result == 0:
                self.disk = self.with_writes(self.waiting[:self.asked])
                del self.waiting[:self.asked]
        elif event.begins and event.call == "pwrite64":
            length, offset = map(int, PLACE.search(event.text[-80:]).groups())
            data = syscalls.bytes_of(event.text)
            assert len(data) == length, "the trace tells but a part of what was written"
            self.waiting += pages_of(offset, data)
        elif event.begins and event.call == "ftruncate":
            self.waiting.append((int(LENGTH.search(event.text).group(1)), None))

    def with_writes(self, writes):
        image = bytearray(self.disk)
        for offset, data in writes:
            if data is None:
                del image[offset:]
                continue
            image.extend(bytes(max(0, offset + len(data) - len(image))))
            image[offset:offset + len(data)] = data
        return image


def pages_of(offset, data):
    """A write, cut where a page of the file ends."""
    begins = 0
    while begins < len(data):
        ends = begins + PAGE - (offset + begins) % PAGE
        yield offset + begins, data[begins:ends]
        begins = ends


class Disk:
    """The files of one store, `path`, as its calls pass by."""

    def __init__(self, path):
        self.files = {str(path) + ending: File() for ending in ENDINGS}

    def take(self, event):
        if file := self.files.get(event.path):
            file.take(event)

    def leave(self, path, chance, share):
        """Writes what would be left to files of that name: of what was not synced, each write with this chance."""
        for ending, file in zip(ENDINGS, self.files.values()):
            kept = [write for write in file.waiting if chance.random() < share]
            path.with_name(path.name + ending).write_bytes(file.with_writes(kept))
