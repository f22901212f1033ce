//! How far a listing is that is told in parts.

use ebs::limits::DESCRIBE_ROWS_SCANNED_MAX;
use ebs::operation::Page;

/// A listing of rows under way: what its page still wants, and where the next page begins.
pub(super) struct Pager<Cursor> {
    wanted: Option<usize>,
    cursor: Option<Cursor>,
    told: usize,
    scanned: u32,
    next: Option<Cursor>,
    over: bool,
}

impl<Cursor: Clone> Pager<Cursor> {
    pub(super) fn new(page: &Page<Cursor>) -> Self {
        let (wanted, cursor) = (page.max_results.map(|most| most as usize), page.after.clone());
        Self { wanted, cursor, told: 0, scanned: 0, next: None, over: false }
    }

    /// How many rows to read next: at most `most`, and in a page with a bound no more than it may still look at. With
    /// `all_shown` every row is shown, and those that the page still wants and one more tell whether there is a next.
    pub(super) fn reads(&self, most: u32, all_shown: bool) -> u32 {
        let Some(wanted) = self.wanted else { return most };
        let lacking = u32::try_from(wanted.saturating_sub(self.told)).unwrap_or(u32::MAX);
        let most = if all_shown { most.min(lacking.saturating_add(1)) } else { most };
        most.min(DESCRIBE_ROWS_SCANNED_MAX.saturating_sub(self.scanned))
    }

    /// After which row to read on.
    pub(super) fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Whether everything that the page has was told.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Ends the page: there is nothing more to tell.
    pub(super) fn end(&mut self) {
        self.over = true;
    }

    /// Where the next page begins, if there is one; not known before this one is over.
    pub(super) fn next(&self) -> Option<&Cursor> {
        self.next.as_ref()
    }

    /// Those of `rows`, the next ones in order, that the page shows. No rows end it, as do enough of them, and in a
    /// page with a bound the most rows that one may look at.
    pub(super) fn take<Row>(
        &mut self,
        rows: Vec<Row>,
        place: impl Fn(&Row) -> Cursor,
        shown: impl Fn(&Row) -> bool,
    ) -> Vec<Row> {
        self.over = rows.is_empty();
        self.scanned = self.scanned.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let mut found = Vec::new();
        for row in rows {
            if self.wanted == Some(self.told) {
                return self.end_before_more(found);
            }
            self.cursor = Some(place(&row));
            if shown(&row) {
                self.told += 1;
                found.push(row);
            }
        }
        match self.wanted {
            Some(_) if !self.over && self.scanned >= DESCRIBE_ROWS_SCANNED_MAX => self.end_before_more(found),
            _ => found,
        }
    }

    fn end_before_more<Row>(&mut self, found: Vec<Row>) -> Vec<Row> {
        self.over = true;
        self.next = self.cursor.clone();
        found
    }
}

#[cfg(test)]
mod tests {
    use ebs::limits::DESCRIBE_ROWS_SCANNED_MAX;
    use ebs::operation::Page;

    use super::Pager;

    fn told(pager: &mut Pager<u32>, rows: std::ops::Range<u32>) -> Vec<u32> {
        pager.take(rows.collect(), |row| *row, |row| row % 2 == 0)
    }

    #[test]
    fn a_page_ends_when_it_is_full_and_more_follows() {
        let mut pager = Pager::new(&Page { max_results: Some(5), after: Some(9) });
        assert_eq!(pager.cursor(), Some(&9));
        assert_eq!(told(&mut pager, 10..15), [10, 12, 14]);
        assert_eq!((pager.is_over(), pager.cursor()), (false, Some(&14)));
        assert_eq!((pager.reads(64, true), pager.reads(2, true), pager.reads(64, false)), (3, 2, 64));
        assert_eq!(told(&mut pager, 15..19), [16, 18]);
        assert!(!pager.is_over(), "whether more follows is not known yet");
        assert!(told(&mut pager, 19..24).is_empty());
        assert_eq!((pager.is_over(), pager.next()), (true, Some(&18)));
    }

    #[test]
    fn a_page_after_which_nothing_follows_has_no_next() {
        for max_results in [None, Some(5)] {
            let mut pager = Pager::new(&Page { max_results, after: None });
            assert_eq!(told(&mut pager, 0..9), [0, 2, 4, 6, 8]);
            assert!(told(&mut pager, 9..9).is_empty());
            assert_eq!((pager.is_over(), pager.next()), (true, None));
        }
    }

    #[test]
    fn only_a_page_with_a_bound_ends_after_the_most_rows() {
        let mut bounded = Pager::new(&Page { max_results: Some(1_000), after: None });
        let mut whole = Pager::new(&Page { max_results: None, after: None });
        for pager in [&mut bounded, &mut whole] {
            let none = pager.take((0..DESCRIBE_ROWS_SCANNED_MAX - 1).collect(), |row| *row, |_| false);
            assert!(none.is_empty() && !pager.is_over());
        }
        assert_eq!((bounded.reads(64, false), whole.reads(64, false)), (1, 64));
        for pager in [&mut bounded, &mut whole] {
            pager.take(vec![DESCRIBE_ROWS_SCANNED_MAX - 1], |row| *row, |_| false);
        }
        assert_eq!((bounded.is_over(), bounded.next()), (true, Some(&(DESCRIBE_ROWS_SCANNED_MAX - 1))));
        assert_eq!((whole.is_over(), whole.next()), (false, None));
    }
}
