//! XML answers as a tree of elements.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 32;

/// An element. Namespaces, attributes, comments and processing instructions are not kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root element of the document `bytes`, or nothing if that is no XML of moderate depth, or has entities
    /// of its own.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(str::from_utf8(bytes).ok()?);
        let mut open: Vec<Element> = vec![Element::default()];
        loop {
            let event = reader.read_event().ok()?;
            match event {
                Event::Start(start) if open.len() <= DEPTH_MAX => {
                    let name = local_name(start.local_name().as_ref())?;
                    open.push(Element { name, ..Element::default() });
                }
                Event::Start(_) | Event::DocType(_) => return None,
                Event::Empty(empty) => {
                    let name = local_name(empty.local_name().as_ref())?;
                    open.last_mut()?.children.push(Element { name, ..Element::default() });
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => reference_into(&reference, &mut open.last_mut()?.text)?,
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let document = open.pop().filter(|_| open.is_empty())?;
        document.children.into_iter().next()
    }

    /// The element's name, without its namespace.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name; empty if it has none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// The `item` elements of the child list of this name.
    pub(super) fn items(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.child(name).into_iter().flat_map(|list| &list.children).filter(|child| child.name == "item")
    }
}

fn local_name(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

fn reference_into(reference: &BytesRef<'_>, text: &mut String) -> Option<()> {
    match reference.resolve_char_ref().ok()? {
        Some(character) => text.push(character),
        None => text.push_str(quick_xml::escape::resolve_xml_entity(reference)?),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn elements_have_text_and_children() {
        let xml = b"<?xml version=\"1.0\"?>\n<R xmlns=\"n\"><a>x &lt;&#65;&gt; </a><set><item><b/></item>\
            <item><b><![CDATA[<y>]]></b></item></set><a>second</a></R>";
        let root = Element::parse(xml).expect("a document");
        assert_eq!((root.name(), root.text("a")), ("R", Some("x <A> ")));
        let texts: Vec<_> = root.items("set").map(|item| item.text("b")).collect();
        assert_eq!(texts, [Some(""), Some("<y>")]);
        assert_eq!(root.items("absent").count(), 0);
        assert_eq!(root.text("absent"), None);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(100_000);
        let declared = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
        for text in ["", "x", "<a>", "<a></b>", "</a>", "<a>&unknown;</a>", "{}", declared, &deep] {
            assert_eq!(Element::parse(text.as_bytes()), None, "{}", &text[..text.len().min(40)]);
        }
        assert_eq!(Element::parse(b"\xff<a/>"), None);
    }
}
