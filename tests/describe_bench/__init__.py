"""DescribeSnapshots over many snapshots, and the start of a server that has them: measured on either engine.

What counts is how many rows and calls there are, and CPU time in proportion to a peer of the same run. Wall clock is
shown and judged by nobody.
"""
