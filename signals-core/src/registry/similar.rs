//! Suggests names that are similar to the one that a user wrote.

/// The largest number of names that are suggested.
const MOST_SIMILAR: usize = 3;

/// Returns the names that are most similar to the written one, nearest first.
pub(super) fn most_similar(written: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut candidates: Vec<(usize, String)> =
        names.filter_map(|name| distance_of_names(written, &name).map(|distance| (distance, name))).collect();
    candidates.sort();
    candidates.dedup();
    candidates.truncate(MOST_SIMILAR);
    candidates.into_iter().map(|(_, name)| name).collect()
}

/// Returns the distance of a name from the written one, or `None` if it is too far. The ends of paths are
/// also compared.
fn distance_of_names(written: &str, name: &str) -> Option<usize> {
    let last = |path: &str| path.rsplit([':', '.']).next().unwrap_or(path).to_owned();
    let (written_end, end) = (last(written), last(name));
    let whole = near_enough(written, name);
    let ends = near_enough(&written_end, &end);
    whole.into_iter().chain(ends).min()
}

fn near_enough(written: &str, name: &str) -> Option<usize> {
    let distance = distance(written, name);
    (distance <= written.len().max(name.len()) / 3).then_some(distance)
}

/// Counts the letters to insert, remove or replace (Levenshtein's distance), one row of the table at a time.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (place, letter) in from.chars().enumerate() {
        let mut left = place + 1;
        let mut next = vec![left];
        for (above, wanted) in row.windows(2).zip(&to) {
            let [diagonal, above] = above else { continue };
            left = (diagonal + usize::from(letter != *wanted)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggest(written: &str) -> Vec<String> {
        most_similar(
            written,
            ["shop::mails::send_welcome", "search.reindex", "shop::orders::count"].map(String::from).into_iter(),
        )
    }

    #[test]
    fn names_are_known_by_a_slip_and_by_their_end() {
        assert_eq!(suggest("search.reindx"), ["search.reindex"]);
        assert_eq!(suggest("send_welcome"), ["shop::mails::send_welcome"]);
        assert_eq!(suggest("shop::send_welcom"), ["shop::mails::send_welcome"]);
        assert_eq!(suggest("billing"), [""; 0]);
    }
}
