//! An example over an artifact, and a test in the example.

use cached_smoke::{NoSuite, Session, artifact};

#[artifact]
fn numbers() -> Vec<u64> {
    project::log("build of the example");
    (0..100).collect()
}

fn main() -> cached_smoke::Result<()> {
    project::log("example");
    let session = Session::<NoSuite>::without_repo(())?;
    println!("the sum is {}", session.get::<numbers>()?.iter().sum::<u64>());
    Ok(())
}

#[cfg(test)]
mod tests {
    #[cached_smoke::cached_smoke]
    fn takes_the_numbers(numbers: &Vec<u64>) {
        project::log("example::a_test");
        assert_eq!(numbers.len(), 100);
    }
}
