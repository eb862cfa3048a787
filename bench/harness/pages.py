"""Pages as sites serve them: 20 to 60 KiB of markup around an article, made from their number alone.

Each has what an extractor has to leave out (styles, scripts, menus, comments, a footer) and what it has to keep:
headings, paragraphs with links and emphasis, lists, tables, code."""

import html
import random
from pathlib import Path

from .places import MADE

NUCLEI = "ar el in or un ast emp ight ound ace ove ern alt ist ume".split()
ONSETS = ["", *"b c d f g h l m n p r s t w br cl dr fl gr pl st tr sh ch".split()]
SHORT = "a the of to in and is it that for on with as by at from this or an be".split()


class Writer:
    def __init__(self, number):
        self.r = random.Random(number)

    def word(self):
        if self.r.random() < 0.4:
            return self.r.choice(SHORT)
        return "".join(self.r.choice(ONSETS) + self.r.choice(NUCLEI) for _ in range(self.r.randint(1, 3)))

    def words(self, least, most):
        return [self.word() for _ in range(self.r.randint(least, most))]

    def phrase(self, least=2, most=6):
        return " ".join(self.words(least, most)).capitalize()

    def sentence(self):
        words = self.words(6, 22)
        if self.r.random() < 0.3:
            at = self.r.randrange(len(words))
            form = self.r.choice(['<a href="/topic/{0}?from=page">{0}</a>', "<em>{0}</em>", "<strong>{0}</strong>", "<code>{0}</code>", "{0}&nbsp;&mdash; caf\u00e9"])
            words[at] = form.format(words[at])
        return " ".join(words).capitalize() + self.r.choice("...?!")

    def paragraph(self):
        return "<p>" + " ".join(self.sentence() for _ in range(self.r.randint(2, 6))) + "</p>"

    def items(self, tag):
        rows = "\n".join(f"<li>{self.sentence()}</li>" for _ in range(self.r.randint(3, 8)))
        return f"<{tag}>\n{rows}\n</{tag}>"

    def table(self):
        columns = self.r.randint(3, 6)
        head = "".join(f"<th>{self.word()}</th>" for _ in range(columns))
        rows = "\n".join(
            "<tr>" + "".join(f"<td>{self.r.randint(0, 99_999)}</td>" for _ in range(columns)) + "</tr>"
            for _ in range(self.r.randint(4, 15))
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"

    def code(self):
        lines = "\n".join(
            f'    <span class="k">if</span> ({self.word()} &lt; {self.r.randint(0, 999)}) {self.word()}();'
            for _ in range(self.r.randint(4, 20))
        )
        return f'<pre><code class="language-c">{lines}</code></pre>'

    def menu(self, entries):
        rows = "".join(
            f'<li class="entry"><a class="link" href="/section/{n}">{self.phrase(1, 3)}</a></li>' for n in range(entries)
        )
        return f'<nav role="navigation"><ul class="menu">{rows}</ul></nav>'

    def comment(self, n):
        return f'<div class="comment" id="comment-{n}"><b>{self.word()}</b>{self.paragraph()}</div>'


def page(number):
    """The page of this number, as text."""
    w = Writer(number)
    wanted = w.r.randint(20, 60) * 1024
    title = html.escape(w.phrase(4, 9))
    style = "\n".join(f".box{i} {{ margin: {i}px; color: #{w.r.randrange(1 << 24):06x}; }}" for i in range(60))
    script = ",".join(f'"key{i}":"{w.phrase()}"' for i in range(40))
    head = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | The Daily Page {number}</title>
<meta name="description" content="{w.phrase(8, 20)}"><meta property="og:title" content="{title}">
<style>{style}</style><script>window.state = {{{script}}};</script></head>
<body><header class="site">{w.menu(14)}</header><div class="columns"><aside class="sidebar">{w.menu(20)}
<form action="/subscribe"><input name="address"><button>Subscribe</button></form></aside>
<main><article><h1>{title}</h1><p class="byline">By <a rel="author" href="/people/{w.r.randint(1, 99)}">{w.phrase(2, 2)}</a>
on <time datetime="2024-05-{w.r.randint(10, 28)}">a day in May</time></p>
"""
    comments = "\n".join(w.comment(n) for n in range(w.r.randint(2, 8)))
    tail = f"""</article><section class="comments"><h3>Comments</h3>{comments}</section></main></div>
<footer>{w.menu(16)}<p>&copy; 2024 The Daily Page</p></footer><script src="/app.js" async></script></body></html>
"""
    parts = [head]
    size = len(head) + len(tail)
    blocks = [w.paragraph, w.paragraph, w.paragraph, w.paragraph, lambda: w.items("ul"), lambda: w.items("ol"), w.table, w.code]
    while size < wanted:
        parts.append(f"<h2>{w.phrase()}</h2>" if w.r.random() < 0.15 else w.r.choice(blocks)())
        size += len(parts[-1]) + 1
    return "\n".join([*parts, tail])


def folder(count):
    """A folder with pages 0.html… up to so many at least; made once."""
    at = Path(MADE) / "pages"
    at.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        file = at / f"{number}.html"
        if not file.exists():
            part = file.with_suffix(".part")
            part.write_text(page(number))
            part.rename(file)
    return at
