//! Builds the content of an index.
//!
//! A document is a node, and its number is the node's number. A posting has the number of a document and the weight of
//! a term in it. The weights contain everything of the ranking but the frequency of the term, so a search only adds.

use std::collections::HashMap;
use std::mem;

use super::bytes::{join, number, numbers};
use super::identity::Identity;
use super::layout::{Document, hash};
use super::order::{is_aside, order};
use super::source::Source;
use super::text::{Field, texts};
use super::weights;
use crate::analyzer::{AnalyzerConfig, identifiers};
use crate::graph::{DependencyGraph, NodeKind};

/// Returns the sections of an index; see [`super::layout`].
pub(super) fn build(graph: &DependencyGraph, config: &AnalyzerConfig) -> Vec<u8> {
    let mut terms = Terms::new(config);
    let mut source = None;
    let mut documents = Vec::new();
    for node in graph.nodes() {
        // The definitions of a file follow the file.
        if node.kind() == NodeKind::File {
            source = node.source().map(Source::of);
        }
        let mut fields = [const { Vec::new() }; Field::COUNT];
        texts(node, source.as_ref(), |field, text| terms.add_to(&mut fields[field as usize], text));
        documents.push(fields);
    }
    let means = means(&documents);
    let lengths = lengths(graph, &documents);
    for (node, fields) in graph.nodes().zip(documents) {
        let factor = weights::factor(node.kind(), is_aside(node));
        terms.add_document(node.number().0, &fields, &means, factor);
    }
    let [term_starts, term_text, posting_starts, postings] = terms.finish();
    let [id_starts, id_text, documents] = stored(graph, &lengths);
    let Names { starts, text, document_starts, documents: of_names } = names(graph);
    join([
        term_starts,
        term_text,
        posting_starts,
        postings,
        id_starts,
        id_text,
        documents,
        starts,
        text,
        document_starts,
        of_names,
        keys(graph),
    ])
}

/// The terms of a document, by field.
type Fields = [Vec<u32>; Field::COUNT];

/// Returns the mean length of each field.
fn means(documents: &[Fields]) -> [f32; Field::COUNT] {
    std::array::from_fn(|field| {
        weights::mean(documents.iter().map(|fields| fields[field].len()).sum(), documents.len())
    })
}

/// Returns the relative length of each file, by number; 0 for other nodes.
fn lengths(graph: &DependencyGraph, documents: &[Fields]) -> Vec<u32> {
    let mut lengths = vec![0; documents.len()];
    for (node, fields) in graph.nodes().zip(documents) {
        if let Some(file) = node.file() {
            lengths[file.number().index()] += fields.iter().map(Vec::len).sum::<usize>();
        }
    }
    let files = graph.nodes().filter(|node| node.kind() == NodeKind::File).count();
    let mean = weights::mean(lengths.iter().sum(), files);
    lengths.into_iter().map(|length| weights::relative_length(length, mean)).collect()
}

/// The terms of all documents.
struct Terms<'t, 'c> {
    config: &'c AnalyzerConfig,
    numbers: HashMap<String, u32>,
    /// The terms of each identifier. Code repeats its identifiers, so most of them are split once.
    identifiers: HashMap<&'t str, Vec<u32>>,
    /// The numbers of adjacent terms in prose.
    pairs: HashMap<(u32, u32), u32>,
    postings: Vec<Postings>,
    /// The weights of the terms of a document, by term; all 0 between two documents.
    scratch: Vec<f32>,
}

#[derive(Default)]
struct Postings {
    last: u32,
    count: u32,
    bytes: Vec<u8>,
}

impl<'t, 'c> Terms<'t, 'c> {
    fn new(config: &'c AnalyzerConfig) -> Self {
        Self {
            config,
            numbers: HashMap::new(),
            identifiers: HashMap::new(),
            pairs: HashMap::new(),
            postings: Vec::new(),
            scratch: Vec::new(),
        }
    }

    fn add_to(&mut self, field: &mut Vec<u32>, text: &'t str) {
        for identifier in identifiers(text) {
            let Self { config, numbers, identifiers, postings, .. } = self;
            let terms = identifiers.entry(identifier).or_insert_with(|| {
                let terms = config.terms(identifier).into_iter();
                let number_of = |term| *numbers.entry(term).or_insert_with(|| new_term(postings));
                terms.map(number_of).collect()
            });
            field.extend(&*terms);
        }
    }

    fn add_document(&mut self, document: u32, fields: &Fields, means: &[f32; Field::COUNT], factor: f32) {
        let mut found = Vec::new();
        for (field, terms) in fields.iter().enumerate() {
            let weight = weights::of_field(field, terms.len(), means[field]);
            for &term in terms {
                self.weigh(term, weight, &mut found);
            }
            let weight = weights::of_pairs(field);
            if weight > 0.0 {
                for pair in terms.windows(2) {
                    let pair = *self.pairs.entry((pair[0], pair[1])).or_insert_with(|| new_term(&mut self.postings));
                    self.weigh(pair, weight, &mut found);
                }
            }
        }
        for term in found {
            let weight = mem::take(&mut self.scratch[term as usize]);
            self.postings[term as usize].push(document, weights::stored(weight, factor));
        }
    }

    fn weigh(&mut self, term: u32, weight: f32, found: &mut Vec<u32>) {
        if self.scratch.len() < self.postings.len() {
            self.scratch.resize(self.postings.len(), 0.0);
        }
        let sum = &mut self.scratch[term as usize];
        if *sum == 0.0 {
            found.push(term);
        }
        *sum += weight;
    }

    /// Returns the starts and the text of the sorted terms, and the starts and the bytes of their postings.
    fn finish(self) -> [Vec<u8>; 4] {
        let Self { numbers: words, pairs, mut postings, .. } = self;
        let mut words = words.into_iter().collect::<Vec<_>>();
        words.sort_unstable();
        let mut ranks = vec![0_u32; postings.len()];
        for ((_, term), rank) in words.iter().zip(1..) {
            ranks[*term as usize] = rank;
        }
        // The ranks of one or two words order the terms like their text, because a space precedes every other letter.
        let pairs = pairs.into_iter().map(|((a, b), term)| (ranks[a as usize], ranks[b as usize], term));
        let mut terms =
            pairs.chain(words.iter().map(|(_, term)| (ranks[*term as usize], 0, *term))).collect::<Vec<_>>();
        terms.sort_unstable();
        let word = |rank: u32| words[rank as usize - 1].0.as_bytes();
        let (mut starts, mut all, mut posting_starts, mut of_all) = (vec![0], Vec::new(), vec![0], Vec::new());
        for (first, second, term) in terms {
            all.extend(word(first));
            if second > 0 {
                all.push(b' ');
                all.extend(word(second));
            }
            starts.push(number(all.len()));
            // Freed at once: the sections grow while the lists shrink.
            let of = mem::take(&mut postings[term as usize]);
            of_all.extend(of.count.to_le_bytes());
            of_all.extend(&of.bytes);
            posting_starts.push(number(of_all.len()));
        }
        [numbers(starts), all, numbers(posting_starts), of_all]
    }
}

fn new_term(postings: &mut Vec<Postings>) -> u32 {
    postings.push(Postings::default());
    number(postings.len() - 1)
}

impl Postings {
    fn push(&mut self, document: u32, weight: u8) {
        // The distances are small for frequent terms, and then have one byte.
        let mut distance = document - self.last;
        while distance >= 0x80 {
            self.bytes.push(distance.to_le_bytes()[0] | 0x80);
            distance >>= 7;
        }
        self.bytes.extend([distance.to_le_bytes()[0], weight]);
        self.last = document;
        self.count += 1;
    }
}

/// Returns the starts and the text of the ids, and the numbers of the documents.
fn stored(graph: &DependencyGraph, lengths: &[u32]) -> [Vec<u8>; 3] {
    let order = order(graph);
    let (mut starts, mut ids, mut documents) = (vec![0], Vec::new(), Vec::new());
    for node in graph.nodes() {
        let identity = Identity::of(node);
        ids.extend(identity.id.as_bytes());
        starts.push(number(ids.len()));
        documents.extend(
            Document {
                kind: node.kind(),
                file_length: identity.file.len(),
                start_line: node.start_line(),
                end_line: node.end_line(),
                group: node.file().unwrap_or(node).number().0,
                order: order[node.number().index()],
                length: lengths[node.number().index()],
            }
            .numbers(),
        );
    }
    [numbers(starts), ids, numbers(documents)]
}

/// The sections of the sorted names.
struct Names {
    starts: Vec<u8>,
    text: Vec<u8>,
    document_starts: Vec<u8>,
    documents: Vec<u8>,
}

fn names(graph: &DependencyGraph) -> Names {
    let mut names = Vec::new();
    for node in graph.nodes() {
        names.extend(Identity::of(node).prefixed().into_iter().map(|name| (name, node.number().0)));
    }
    names.sort_unstable();
    let (mut starts, mut text, mut document_starts, mut documents) = (vec![0], Vec::new(), vec![0], Vec::new());
    for same in names.chunk_by(|a, b| a.0 == b.0) {
        text.extend(same[0].0.as_bytes());
        starts.push(number(text.len()));
        documents.extend(same.iter().map(|(_, document)| *document));
        document_starts.push(number(documents.len()));
    }
    Names { starts: numbers(starts), text, document_starts: numbers(document_starts), documents: numbers(documents) }
}

/// Returns the sorted pairs of the hash of an exact name and its document.
fn keys(graph: &DependencyGraph) -> Vec<u8> {
    let mut keys = Vec::new();
    for node in graph.nodes() {
        keys.extend(Identity::of(node).keys().iter().map(|key| (hash(key), node.number().0)));
    }
    keys.sort_unstable();
    numbers(keys.into_iter().flat_map(|(hash, document)| [hash, document]))
}
