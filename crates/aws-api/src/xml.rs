//! XML answers. Output only: nothing here reads XML.

use std::borrow::Cow;
use std::fmt::Display;

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An XML document under construction. Names of elements are literals of ours; every text is escaped.
pub(crate) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    /// The bytes of a document with the element `root`, in `namespace` if there is one, and what `content` writes
    /// into it.
    pub(crate) fn document(root: &str, namespace: Option<&str>, content: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut xml = Self::start(root, namespace);
        content(&mut xml);
        xml.end(root);
        xml.writer.into_inner()
    }

    /// The bytes of such a document up to the members of its last element, `set`. [`Xml::members`] and
    /// [`Xml::close`] follow.
    pub(crate) fn open(
        root: &str,
        namespace: Option<&str>,
        set: &str,
        content: impl FnOnce(&mut Self),
    ) -> Vec<u8> {
        let mut xml = Self::start(root, namespace);
        content(&mut xml);
        xml.event(Event::Start(BytesStart::new(set)));
        xml.writer.into_inner()
    }

    /// The bytes of one `item` for each of `members` of a set.
    pub(crate) fn members<T>(members: impl IntoIterator<Item = T>, item: impl Fn(&mut Self, T)) -> Vec<u8> {
        let mut xml = Self::empty();
        members.into_iter().for_each(|member| xml.element("item", |xml| item(xml, member)));
        xml.writer.into_inner()
    }

    /// The bytes that end what [`Xml::open`] began, with what `content` writes after the set.
    pub(crate) fn close(root: &str, set: &str, content: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut xml = Self::empty();
        xml.end(set);
        content(&mut xml);
        xml.end(root);
        xml.writer.into_inner()
    }

    /// An element with a text.
    pub(crate) fn text(&mut self, name: &str, text: impl Display) {
        self.element(name, |xml| {
            let text = text.to_string();
            xml.event(Event::Text(BytesText::from_escaped(escape(&text))));
        });
    }

    /// An element with a text, if there is one.
    pub(crate) fn optional(&mut self, name: &str, text: Option<impl Display>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An element with what `content` writes into it.
    pub(crate) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(name)));
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element with one `item` for each of `members`.
    pub(crate) fn set<T>(
        &mut self,
        name: &str,
        members: impl IntoIterator<Item = T>,
        item: impl Fn(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for member in members {
                xml.element("item", |xml| item(xml, member));
            }
        });
    }

    fn empty() -> Self {
        Self { writer: Writer::new(Vec::with_capacity(1024)) }
    }

    fn start(root: &str, namespace: Option<&str>) -> Self {
        let mut xml = Self::empty();
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml.writer.get_mut().push(b'\n');
        let mut start = BytesStart::new(root);
        if let Some(namespace) = namespace {
            start.push_attribute(("xmlns", namespace));
        }
        xml.event(Event::Start(start));
        xml
    }

    fn end(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn event(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("writing to memory does not fail");
    }
}

/// `text` as it stands between tags. Characters that XML 1.0 cannot carry become U+FFFD; a carriage return, which
/// a parser would turn into a line feed, becomes a reference.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(|character| character == '\r' || !is_xml_character(character)) {
        return partial_escape(text);
    }
    let legal: String = text
        .chars()
        .map(|character| if is_xml_character(character) { character } else { char::REPLACEMENT_CHARACTER })
        .collect();
    partial_escape(legal.as_str()).replace('\r', "&#13;").into()
}

fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::Xml;
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    fn shown(text: &str) -> String {
        let bytes = Xml::document("R", None, |xml| xml.text("t", text));
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn markup_and_control_characters_cannot_break_out() {
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        for (text, escaped) in [
            ("a<b>&amp;\"'", "a&lt;b&gt;&amp;amp;\"'"),
            ("]]>", "]]&gt;"),
            ("a\u{1}b\u{0}\u{1f}\u{fffe}\u{ffff}", "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("\t\r\n", "\t&#13;\n"),
            ("é\u{1f600}\u{85}", "é\u{1f600}\u{85}"),
            ("", ""),
        ] {
            assert_eq!(shown(text), format!("{declaration}<R><t>{escaped}</t></R>"));
        }
    }

    #[test]
    fn sets_and_namespaces() {
        let bytes = Xml::document("R", Some("http://n/"), |xml| {
            xml.set("set", [1, 2], |xml, number| xml.text("n", number));
            xml.optional("none", None::<&str>);
        });
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(
            text.ends_with(
                "<R xmlns=\"http://n/\"><set><item><n>1</n></item><item><n>2</n></item></set></R>"
            ),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn every_text_stays_one_text(text in any::<String>()) {
            let document = shown(&text);
            let mut reader = Reader::from_str(&document);
            let (mut starts, mut ends) = (0, 0);
            loop {
                match reader.read_event().expect("well-formed") {
                    Event::Start(_) => starts += 1,
                    Event::End(_) => ends += 1,
                    Event::Eof => break,
                    Event::Text(_) | Event::GeneralRef(_) | Event::Decl(_) => {}
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            prop_assert_eq!((starts, ends), (2, 2));
        }
    }
}
