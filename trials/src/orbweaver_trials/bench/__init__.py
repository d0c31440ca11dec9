"""Measurements beside the peers, each in the same run on the same machine: ``orbweaver bench``.

Nothing that runs in service imports this. The peers come with ``pip install 'orbweaver[bench]'``.
"""
