#!/usr/bin/env python3
"""Open a table of a run file with xarray and print it with its units, as pandas shows tables.

Needs xarray with h5netcdf or netCDF4, and pandas; no other script does.
"""

import xarray

from script_tools import option_parser, run


def show(arguments):
    with xarray.open_dataset(arguments.file, group=f"metrics/{arguments.table}",
                             engine=arguments.engine) as table:
        for name, column in table.variables.items():
            print(f"{name}: {column.attrs['long_name']}", column.attrs.get("units", ""))
        print(table.to_dataframe())


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("file", help="run file of any driver")
    parser.add_argument("--table", default="train", help="table (default: train)")
    parser.add_argument("--engine", default="h5netcdf", choices=("h5netcdf", "netcdf4"))
    run(lambda: show(parser.parse_args()))
