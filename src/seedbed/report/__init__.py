"""The page from a record: HTML and PDF from one source, `summary.json`, and results told in sentences.

page         what a study writes: sections of prose, formulas, tables, figures
pieces       tables and figures that every study with hits needs
plain        the telling of a study that does not say how it wants to be told
write        leave a report in a folder
summary      the numbers of a report for programs
sentences    results in words

Nothing is imported here: `page` must stay light, because every study is written with it.
"""
