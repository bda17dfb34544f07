"""What is written for a run of somebody else lies in its folder."""

import pytest

from streamsim.contracts import UntrustedError, imports_limited, require_place, trusting


def test_a_run_of_somebody_else_writes_into_its_folder_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder, outside = tmp_path / "run", tmp_path / "other"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    with imports_limited((), folder, ["mine/rows.jsonl"]):
        for place in (folder / "rows.jsonl", "run/media", "mine/rows.jsonl"):
            require_place(place)
        for place in (outside, folder / "link", folder / ".." / "other", folder.with_name("run2"), "rows.jsonl"):
            with pytest.raises(UntrustedError, match=r"config\.yaml wants to write to '.*--trust to allow it"):
                require_place(place)
    with trusting(), imports_limited((), folder):
        require_place(outside)
    require_place(outside)
