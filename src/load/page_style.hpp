// What a page looks like.
#pragma once

#include <string_view>

namespace getty::connect::load {

/// Colours by the role they have: a to f are series, in pairs that can be told apart without colour too.
inline constexpr std::string_view page_style = R"(
:root{--paper:#fff;--ink:#1b1f24;--soft:#59636e;--grid:#dde2e7;--shade:#f3f5f7;--good:#1a7f37;--bad:#c5221f;
--a:#0b62c4;--b:#b8500a;--c:#1a7f37;--d:#7b45c4;--e:#c5221f;--f:#8a6d00}
@media(prefers-color-scheme:dark){:root{--paper:#0f1318;--ink:#e4e9ee;--soft:#9aa5b1;--grid:#2b323a;--shade:#181e25;
--good:#46b95e;--bad:#ff7a70;--a:#5cabff;--b:#f2994a;--c:#46b95e;--d:#bd93ff;--e:#ff7a70;--f:#d9b93b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:76rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{margin:.1rem 0;font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}
h2{margin:2rem 0 .6rem;font-size:1.15rem;border-bottom:1px solid var(--grid);padding-bottom:.2rem}
p{margin:.4rem 0;overflow-wrap:anywhere}.over,.under{color:var(--soft);font-size:.9rem}
.verdict{display:inline-block;margin:.5rem 0;padding:.2rem .7rem;border-radius:.4rem;border:2px solid;font-weight:600}
.verdict.good{color:var(--good)}.verdict.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:.6rem;margin:.8rem 0}
.tile{background:var(--shade);border-radius:.5rem;padding:.5rem .8rem}
.tile b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:.85rem}
.tile.bad b{color:var(--bad)}
.warnings{margin:0;padding:0;list-style:none}.warnings li{margin:.4rem 0;padding:.5rem .8rem;border-left:4px solid var(--b);
background:var(--shade);border-radius:0 .4rem .4rem 0;overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1rem 1.5rem}
.tables{display:flex;flex-wrap:wrap;gap:1rem 3.5rem;margin:1rem 0}.tables>div{min-width:0;max-width:100%}.tables p{max-width:17rem}
figure{margin:0}figcaption{font-size:.9rem;display:flex;flex-wrap:wrap;gap:.1rem .9rem}
section>figure{max-width:46rem}
.key{white-space:nowrap}.key i{display:inline-block;width:1.3em;height:0;border-top:3px solid;vertical-align:middle;margin-right:.35em}
.uncounted{color:var(--grid)}.key i.dashed{border-top-style:dashed}.key i.none{display:none}
.key i.box{height:.8em;width:.8em;border:0;background:currentColor;border-radius:2px}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font:14px system-ui,"DejaVu Sans",sans-serif}
.a{color:var(--a)}.b{color:var(--b)}.c{color:var(--c)}.d{color:var(--d)}.e{color:var(--e)}.f{color:var(--f)}
.grid{stroke:var(--grid);fill:none}.edge{stroke:var(--soft);fill:none}.shade{fill:var(--shade)}
.line{stroke:currentColor;stroke-width:2;fill:none;stroke-linejoin:round}.line.dashed{stroke-dasharray:6 5}
.band{fill:currentColor;opacity:.18;stroke:none}.dot,.mark{fill:currentColor}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .8rem .22rem 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid)}
th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:500}
.messages td:last-child,.messages th:last-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:11rem}
.phases{display:flex;height:1.1rem;border-radius:.3rem;overflow:hidden;margin:.4rem 0}.phases i{background:currentColor;min-width:1px}
details{border:1px solid var(--grid);border-radius:.5rem;margin:.5rem 0;padding:0 .8rem}
summary{cursor:pointer;padding:.5rem 0;font-weight:600}details[open]{padding-bottom:.8rem}
pre{background:var(--shade);padding:.6rem .8rem;border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.88rem}
@media(max-width:40rem){svg text{font-size:17px}th,td{padding-right:.55rem}}
@media print{details{border:0}}
)";

}  // namespace getty::connect::load
