//! Style sheet and the one script of the page.

use crate::plot::scene::FONTS;
use crate::plot::theme::{Theme, variable_rules, variables};

/// The style sheet: colours of both themes, then the layout. `data-theme="light"` or `"dark"` on the root overrides the reader's preference.
pub(super) fn sheet() -> String {
    let light =
        format!("{}--card:#f6f8fa;--ok:#0a6b50;--bad:#b03a00;color-scheme:light;", variables(Theme::Light));
    let dark =
        format!("{}--card:#1d2228;--ok:#3fd0a4;--bad:#ff9a66;color-scheme:dark;", variables(Theme::Dark));
    format!(
        ":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}:root[data-theme=light]{{{light}}}:root[data-theme=dark]{{{dark}}}\
         @media print{{:root,:root[data-theme=dark]{{{light}}}}}{}body{{font-family:{FONTS}}}{LAYOUT}",
        variable_rules()
    )
}

const LAYOUT: &str = "
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font-size:15px;line-height:1.5;-webkit-text-size-adjust:100%}
main,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{margin-top:28px}
h1{font-size:24px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:19px;margin:40px 0 10px;line-height:1.3}
h3{font-size:15px;margin:0}
p{margin:4px 0}
.muted{color:var(--muted)}
header .muted,figcaption .muted,footer .muted{font-size:13.5px}
.verdict{margin-top:16px;padding:14px 18px;background:var(--card);border-left:4px solid var(--s0);border-radius:4px}
.verdict>p:first-child{font-size:18px;line-height:1.4;font-weight:600;margin:0 0 4px}
.verdict .muted{font-size:13.5px}
.verdict ul{margin:2px 0;padding-left:20px}
.ok{color:var(--ok)}.bad{color:var(--bad);font-weight:600}
.warnings{margin:12px 0;padding:10px 18px 10px 36px;border-left:4px solid var(--s4);background:var(--card);border-radius:4px}
.scroll{overflow-x:auto;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--grid);vertical-align:top;white-space:nowrap}
thead th{font-weight:600;color:var(--muted);font-size:13px;line-height:1.25;vertical-align:bottom;white-space:normal;border-bottom:1px solid var(--axis)}
th:first-child,.words th,.words td,.left{text-align:left}
th[scope=row]{font-weight:500}
.words td,.words th,td.left{white-space:normal}
section>p.muted{font-size:13.5px}
small{display:block;font-weight:400;font-size:12px;color:var(--muted);line-height:1.3}
tr.advised{background:var(--card)}tr.advised th{font-weight:700}
.tag{display:inline-block;margin-left:8px;padding:0 7px;border:1px solid var(--axis);border-radius:9px;font-size:12px;font-weight:400;color:var(--muted);white-space:nowrap}
.words td .tag{margin-left:0}.tag.advice{border-color:var(--ok);color:var(--ok)}.tag.assumed{border-color:var(--bad);color:var(--bad)}
.swatch{width:13px;height:13px;vertical-align:-1.5px;margin-right:7px}
figure{margin:26px 0 0}
figcaption{margin-bottom:12px}
figure svg{display:block;width:100%;height:auto}
.key{list-style:none;margin:6px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:13.5px}
.key .swatch{display:inline-block;width:12px;height:12px}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,250px),1fr));gap:18px 14px}
.panels svg{max-width:400px}
.narrow{display:none}
.copyable{position:relative}
pre{margin:6px 0;padding:12px 14px;background:var(--card);border-radius:4px;overflow-x:auto;font-size:13px;line-height:1.45}
pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
button{position:absolute;top:6px;right:6px;font:inherit;font-size:12px;padding:2px 10px;color:var(--text);background:var(--paper);border:1px solid var(--axis);border-radius:4px;cursor:pointer}
footer{margin-top:44px;padding-bottom:28px}
@media (max-width:700px){main,footer{padding:0 14px}h1{font-size:21px}.wide{display:none}.narrow{display:block}.narrow svg{max-width:460px}
th,td{padding:6px 8px}}
@media print{body{font-size:10.5pt}main,footer{max-width:none;padding:0}button{display:none}figure,tr,.copyable,.verdict,.panels>div{break-inside:avoid}
figure:has(.panels){break-inside:auto}h2,h3,figcaption{break-after:avoid}.wide{display:block}.narrow{display:none}.panels{grid-template-columns:repeat(3,1fr)}
pre{white-space:pre-wrap;overflow-wrap:anywhere}.scroll{overflow:visible}table{font-size:9pt}th,td{padding:3px 5px}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

/// Shows the copy buttons and lets them copy; without scripts the text can still be selected.
pub(super) const COPY_SCRIPT: &str = "\
for(const b of document.querySelectorAll('[data-copy]')){b.hidden=!navigator.clipboard;b.onclick=()=>\
navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent).then(()=>{b.textContent='Copied'},()=>{b.textContent='Select and copy'})}";
