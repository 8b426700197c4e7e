"""The words and codes that event fields take, in one file for each DataWorks module.

Source: the field tables of the DataWorks event reference. An enumeration is named like its field on the wire, unless
fields of several names share it.
"""
