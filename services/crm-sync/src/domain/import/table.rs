//! A CSV file as rows of cells, with where each stands. Knows headers, not what the cells mean.

use std::collections::HashMap;

use super::{
    SourceFile,
    columns::FileKind,
    report::{Place, Report},
};
use crate::domain::date::{ColumnOrder, DateOrder, column_order};

/// Most rows of one file.
pub const ROWS_MAX: usize = 200_000;

/// A row of cells.
#[derive(Debug)]
struct Cells {
    row: u64,
    line: u64,
    cells: Vec<String>,
}

/// A file that was read.
#[derive(Debug)]
pub struct Table {
    file: String,
    pub kind: FileKind,
    headers: Vec<String>,
    columns: HashMap<&'static str, usize>,
    orders: HashMap<&'static str, DateOrder>,
    rows: Vec<Cells>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    cells: &'a Cells,
}

impl Table {
    /// Reads a file. Rows that can't be read are in the report; a header that lacks what is needed gives no table.
    pub fn read(source: &SourceFile, kind: FileKind, order: Option<DateOrder>, report: &mut Report) -> Option<Self> {
        let bytes = source.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&source.bytes);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(bytes, kind)).flexible(true).from_reader(bytes);
        let headers: Vec<String> = match reader.byte_headers() {
            Ok(record) if !record.is_empty() => {
                record.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect()
            }
            _ => {
                report.error(whole(&source.name), "", "is empty: there is no header");
                return None;
            }
        };
        let columns = map_columns(&source.name, kind, &headers, report)?;
        let rows = read_rows(&mut reader, &source.name, &headers, report);
        let mut table = Self { file: source.name.clone(), kind, headers, columns, orders: HashMap::new(), rows };
        for column in kind.dates() {
            table.decide_order(column, order, report);
        }
        Some(table)
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { table: self, cells })
    }

    /// Is there such a column?
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    fn decide_order(&mut self, column: &'static str, given: Option<DateOrder>, report: &mut Report) {
        if !self.has(column) {
            return;
        }
        let order = match given {
            Some(order) => order,
            None => match column_order(self.rows().filter_map(|row| row.text(column))) {
                ColumnOrder::Known(order) => order,
                open => {
                    let why = match open {
                        ColumnOrder::Contradictory => {
                            "has as many dates that are only D/M/YYYY as dates that are only M/D/YYYY"
                        }
                        _ => "has no date that tells D/M/YYYY from M/D/YYYY",
                    };
                    let place = Place { file: self.file.clone(), column: self.header(column), ..Place::default() };
                    report.error(place, "", format!("{why}; set date_order"));
                    return;
                }
            },
        };
        self.orders.insert(column, order);
    }

    fn header(&self, column: &str) -> String {
        self.columns.get(column).and_then(|at| self.headers.get(*at)).cloned().unwrap_or_default()
    }
}

impl<'a> Row<'a> {
    /// The cell without surrounding spaces; none when it is empty or there is no such column.
    pub fn text(self, column: &str) -> Option<&'a str> {
        let cell = self.cells.cells.get(*self.table.columns.get(column)?)?.trim();
        (!cell.is_empty()).then_some(cell)
    }

    /// The order of the dates of a column; none when it could not be decided, which is reported already.
    pub fn order(self, column: &str) -> Option<DateOrder> {
        self.table.orders.get(column).copied()
    }

    /// Where the cell stands.
    pub fn place(self, column: &str) -> Place {
        Place {
            file: self.table.file.clone(),
            row: self.cells.row,
            line: self.cells.line,
            column: self.table.header(column),
        }
    }

    /// The row's number, from 1.
    pub fn number(self) -> u64 {
        self.cells.row
    }
}

fn whole(file: &str) -> Place {
    Place { file: file.to_owned(), ..Place::default() }
}

/// The separator under which most headers are known.
fn delimiter(bytes: &[u8], kind: FileKind) -> u8 {
    let first_line = bytes.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let header = String::from_utf8_lossy(first_line);
    let known = |separator: u8| {
        header.split(char::from(separator)).filter(|cell| kind.column(cell.trim().trim_matches('"')).is_some()).count()
    };
    // The first of the best: a comma unless another reads more.
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| known(*separator)).unwrap_or(b',')
}

fn map_columns(
    file: &str,
    kind: FileKind,
    headers: &[String],
    report: &mut Report,
) -> Option<HashMap<&'static str, usize>> {
    let mut columns: HashMap<&'static str, usize> = HashMap::new();
    let mut usable = true;
    for (at, header) in headers.iter().enumerate() {
        let place = || Place { file: file.to_owned(), line: 1, column: header.clone(), row: 0 };
        match kind.column(header) {
            None if header.is_empty() => {}
            None => report.warn(place(), "", "is not a column the import knows: ignored"),
            Some(target) => {
                if let Some(first) = columns.insert(target, at) {
                    let first = headers.get(first).cloned().unwrap_or_default();
                    report.error(place(), "", format!("means the same as the column {first:?}"));
                    usable = false;
                }
            }
        }
    }
    for group in kind.required() {
        if !group.iter().any(|target| columns.contains_key(target)) {
            let place = Place { file: file.to_owned(), line: 1, ..Place::default() };
            report.error(place, "", format!("there is no column {}", group.join(" or ")));
            usable = false;
        }
    }
    usable.then_some(columns)
}

fn read_rows(reader: &mut csv::Reader<&[u8]>, file: &str, headers: &[String], report: &mut Report) -> Vec<Cells> {
    let mut rows = Vec::new();
    let mut record = csv::ByteRecord::new();
    let mut number = 0;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => number += 1,
            Ok(false) => return rows,
            Err(error) => {
                report.error(whole(file), "", format!("can't be read: {error}"));
                return rows;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        let place = Place { file: file.to_owned(), row: number, line, column: String::new() };
        if rows.len() >= ROWS_MAX {
            report.error(place, "", format!("there are more than {ROWS_MAX} rows; import in parts"));
            return rows;
        }
        if let Some(cells) = read_cells(&record, headers, &place, report) {
            rows.push(Cells { row: number, line, cells });
        }
    }
}

fn read_cells(record: &csv::ByteRecord, headers: &[String], place: &Place, report: &mut Report) -> Option<Vec<String>> {
    let surplus_is_empty = record.iter().skip(headers.len()).all(|cell| cell.iter().all(u8::is_ascii_whitespace));
    if record.len() < headers.len() || !surplus_is_empty {
        report.error(place.clone(), "", format!("has {} cells, the header has {}", record.len(), headers.len()));
        return None;
    }
    let mut cells = Vec::with_capacity(headers.len());
    for (cell, header) in record.iter().zip(headers) {
        match std::str::from_utf8(cell) {
            Ok(text) if !text.contains('\0') => cells.push(text.to_owned()),
            _ => {
                let place = Place { column: header.clone(), ..place.clone() };
                report.error(place, &String::from_utf8_lossy(cell), "is not UTF-8 text; save the file as CSV UTF-8");
                return None;
            }
        }
    }
    Some(cells)
}
