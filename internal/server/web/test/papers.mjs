// Small PDFs, good ones and others: the twin of internal/call/pdf/writer_test.go.

/** pdf is a file of these objects; the first is the catalogue. */
export function pdf(objects, trailer = "") {
  let out = "%PDF-1.7\n";
  const at = objects.map((o, i) => {
    const here = out.length;
    out += `${i + 1} 0 obj\n${o}\nendobj\n`;
    return here;
  });
  const xref = out.length;
  out += `xref\n0 ${at.length + 1}\n0000000000 65535 f \n` + at.map((v) => String(v).padStart(10, "0") + " 00000 n \n").join("");
  return out + `trailer\n<< /Size ${at.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${xref}\n%%EOF\n`;
}

export const stream = (entries, content) => `<< ${entries} /Length ${content.length} >>\nstream\n${content}\nendstream`;

/** letter is a PDF of A4 pages: a red field in the upper left quarter, a word, and as many blue bars
 * at the foot as the page's number. */
export function letter(pages, { catalogue = "", entries = "", box = "0 0 595 842" } = {}) {
  const objects = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"];
  const kids = [];
  for (let n = 1; n <= pages; n++) {
    let draws = "1 0 0 rg 0 421 297.5 421 re f BT 0 g /F1 48 Tf 320 600 Td (Bonjour) Tj ET 0 0 1 rg";
    for (let i = 0; i < n; i++) draws += ` ${30 + 24 * i} 40 12 80 re f`;
    objects.push(stream("", draws));
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [${box}] /Contents ${objects.length} 0 R /Resources << /Font << /F1 3 0 R >> >> ${entries} >>`);
    kids.push(objects.length + " 0 R");
  }
  objects[0] = `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`;
  objects[1] = `<< /Type /Pages /Count ${pages} /Kids [${kids.join(" ")}] >>`;
  return pdf(objects);
}

const leaf = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>";
const tree = (pages) => ["<< /Type /Catalog /Pages 2 0 R >>", `<< /Type /Pages /Count ${pages} /Kids [${"3 0 R ".repeat(pages)}] >>`];

export const many = (pages) => pdf([...tree(pages), leaf]);
export const locked = () => pdf([...tree(1), leaf, `<< /Filter /Standard /V 1 /R 2 /O <${"a7".repeat(32)}> /U <${"a7".repeat(32)}> /P -4 >>`], "/Encrypt 4 0 R /ID [<00> <00>]");
export const circle = () => pdf(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 3 /Kids [3 0 R] /Parent 3 0 R >>", "<< /Type /Pages /Count 3 /Kids [2 0 R 3 0 R] /Parent 2 0 R >>"]);
/** bomb has a picture that says that it is huge. */
export const bomb = () => pdf([...tree(1), "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>", stream("", "100 0 0 100 0 0 cm /I Do"), stream("/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /RunLengthDecode", "\x80")]);
/** labour takes years to draw: each form draws the next ten times. */
export function labour() {
  const objects = [...tree(1), "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>", stream("", "/F Do")];
  for (let next = 6; next < 18; next++) objects.push(stream(`/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /F ${next} 0 R >> >>`, "/F Do ".repeat(10)));
  return pdf([...objects, stream("/Type /XObject /Subtype /Form /BBox [0 0 100 100]", "1 0 0 rg 0 0 100 100 re f")]);
}
