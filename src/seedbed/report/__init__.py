"""The page from a record: HTML and PDF from one source, and `summary.json`.

page         what a study writes: sections of prose, formulas, tables, figures
show         blocks that a study lists as its page
compose      the page that these blocks make, and that of a study which lists none
in_short     what stands first
judged       published statements with their verdicts
write        leave a report in a folder
summary      the numbers of a report for programs

Nothing is imported here: `page` must stay light, because every study is written with it.
"""
