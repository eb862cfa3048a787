"""documents: Word, Excel and CSV documents, uploaded and taken to Markdown."""

import io
import time
import zipfile

from harness import processes
from harness.measures import Measure
from harness.pages import Writer
from harness.server import Server

FILES = 600
IN_A_REQUEST = 50
BOUNDARY = "a-boundary-that-is-in-no-document"


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in files.items():
            z.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def relations(kind, target):
    base = "http://schemas.openxmlformats.org"
    return (
        f'<Relationships xmlns="{base}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{base}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )


def types(part, kind):
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}"/></Types>'
    )


def word(w):
    paragraphs = "".join(f"<w:p><w:r><w:t>{w.phrase(20, 60)}</w:t></w:r></w:p>" for _ in range(200))
    ns = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return zipped(
        {
            "[Content_Types].xml": types("/word/document.xml", "wordprocessingml.document.main+xml"),
            "_rels/.rels": relations("officeDocument", "word/document.xml"),
            "word/document.xml": f'<w:document xmlns:w="{ns}"><w:body>{paragraphs}</w:body></w:document>',
        }
    )


def sheet(w):
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{w.word()}</t></is></c><c><v>{w.r.randint(0, 9999)}</v></c>' for _ in range(4)) + "</row>"
        for _ in range(300)
    )
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    r = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": types("/xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
            "_rels/.rels": relations("officeDocument", "xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": relations("worksheet", "worksheets/sheet1.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{ns}" xmlns:r="{r}"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{ns}"><sheetData>{rows}</sheetData></worksheet>',
        }
    )


def csv(w):
    return "\n".join(",".join(w.words(6, 6)) for _ in range(1000)).encode()


def form(documents):
    out = io.BytesIO()
    for name, data in documents:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        out.write(head.encode() + data + b"\r\n")
    out.write(f"--{BOUNDARY}--\r\n".encode())
    return out.getvalue()


def run():
    documents = []
    for n in range(FILES):
        make, extension = ((word, "docx"), (sheet, "xlsx"), (csv, "csv"))[n % 3]
        documents.append((f"document{n}.{extension}", make(Writer(n))))
    forms = [form(documents[at : at + IN_A_REQUEST]) for at in range(0, FILES, IN_A_REQUEST)]
    with Server() as server, processes.Watch(server.pid) as memory:
        before = server.costs()
        start = time.monotonic()
        batches = [server.upload(body, BOUNDARY) for body in forms]
        for batch in batches:
            server.wait_for(batch)
        seconds = time.monotonic() - start
        cpu, written, _ = (after - b for after, b in zip(server.costs(), before))
    return [
        Measure("documents/s", FILES / seconds, "1/s"),
        Measure("CPU a document", 1e3 * cpu / FILES, "ms"),
        Measure("written to disk a document", written / FILES, "bytes"),
        Measure("most memory", memory.most_mib, "MiB"),
    ]
