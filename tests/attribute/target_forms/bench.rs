//! A benchmark with criterion over an artifact.

use cached_smoke::{NoSuite, Session, artifact};
use criterion::{Criterion, criterion_group, criterion_main};

#[artifact]
fn numbers() -> Vec<u64> {
    project::log("build of the benchmark");
    (0..100).collect()
}

fn sums(criterion: &mut Criterion) {
    let session = Session::<NoSuite>::without_repo(()).expect("a session");
    let numbers = session.get::<numbers>().expect("the numbers");
    project::log("bench");
    criterion.bench_function("sums", |bencher| bencher.iter(|| numbers.iter().sum::<u64>()));
}

criterion_group!(benches, sums);
criterion_main!(benches);
