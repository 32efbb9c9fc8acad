//! x
use wirefold_dedup::*; use wirefold_text::Text;
fn main(){ let mut v=vec![]; for f in std::env::args().skip(1){ v.push((f.clone(),Text::new(&std::fs::read_to_string(&f).unwrap())));}
 let s=Settings::default();
 for (fa,a) in &v { println!("{} {:?}", &fa[fa.len()-24..], wirefold_text::extract::agencies(a));
 for (fb,b) in &v { if fa!=fb { let o=Overlap::between(&Body::new(a),&Body::new(b),&s); let u=Overlap::between(&Body::unmasked(a),&Body::unmasked(b),&s);
 println!("{} in {}: {:.3} {:.3} shared {} pass {} longest {} unm {} q {} facts {:?}",&fa[fa.len()-24..fa.len()-21],&fb[fb.len()-24..fb.len()-21],o.contained,o.containing,o.shared_words,o.passages.len(),o.longest,u.longest,o.shared_quotations.len(),o.facts);}}}}
