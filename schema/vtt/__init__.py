"""WebVTT, pure: parse, write, retime, diff, segment, and the quality rules. Times are integer milliseconds."""
