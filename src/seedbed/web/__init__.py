"""The lab: a page, served to this machine only, on which many twins train live.

    fields     what stands on the page, as words and numbers, and the question they make
    handover   that question as Python, as a study file
    session    one tab: its twins in training, and the messages that its page is sent
    sentences  what is said of them: who is ahead, how sure that is, what one run would say
    server     who may ask what

The page itself is in `page/`: plain modules of the browser. Training is `procedures.live`, statistics are `stats`.
"""
