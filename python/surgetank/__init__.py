"""surgetank in Python: bring recordings in (`import`), take pictures out (`plot`, `report`).

    from surgetank.trace import open_trace        # trace/1, as an xarray.DataArray
    from surgetank.summary import read_events     # summary/1, as a pandas.DataFrame
"""

__version__ = "0.1.0"  # the same as in CMakeLists.txt; a test compares them
