//! Cues of caption files: the common part of WebVTT and SubRip.

use crate::domain::Violation;
use crate::domain::duration::clock;

/// Which of the two formats is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    WebVtt,
    SubRip,
}

/// A caption with its times; the text still with its markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cue {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
}

/// A run of lines without a blank one, with the number of its first line.
struct Block<'a> {
    line: usize,
    lines: Vec<&'a str>,
}

/// Reads all cues, or finds everything that is wrong with them.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Vec<Cue>, Vec<Violation>> {
    let mut reader = CueReader::default();
    for (index, block) in blocks(text).iter().enumerate() {
        match (dialect, index) {
            (Dialect::WebVtt, 0) => reader.header(block),
            (Dialect::WebVtt, _) if is_comment(block) => {}
            _ => reader.block(block),
        }
    }
    if reader.violations.is_empty() { Ok(reader.cues) } else { Err(reader.violations) }
}

/// A WebVTT block that carries no words.
fn is_comment(block: &Block<'_>) -> bool {
    let first = block.lines.first().map_or("", |line| line.trim_end());
    ["NOTE", "STYLE", "REGION"]
        .iter()
        .any(|word| first.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])))
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (index, line) in lines(text).enumerate() {
        if line.trim().is_empty() {
            blocks.extend(open.take());
        } else {
            open.get_or_insert_with(|| Block { line: index + 1, lines: Vec::new() }).lines.push(line);
        }
    }
    blocks.extend(open);
    blocks
}

/// Lines that end with LF, CRLF or CR alone.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

#[derive(Default)]
struct CueReader {
    cues: Vec<Cue>,
    violations: Vec<Violation>,
    /// Line and start of the cue before.
    previous: Option<(usize, u64)>,
}

impl CueReader {
    fn header(&mut self, block: &Block<'_>) {
        let first = block.lines.first().copied().unwrap_or_default();
        let is_header =
            first.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if !is_header {
            self.violations.push(Violation::new(place(block.line), "a WebVTT file begins with the word WEBVTT"));
        }
        // Some writers leave no blank line between the header and the first cue.
        if let Some(timing) = block.lines.iter().position(|line| line.contains("-->")) {
            let lines = block.lines.get(timing..).unwrap_or_default().to_vec();
            self.block(&Block { line: block.line + timing, lines });
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        // The line before the times is the cue's name or number.
        let Some(timing) = block.lines.iter().take(2).position(|line| line.contains("-->")) else {
            return self.loose(block);
        };
        let line = block.line + timing;
        let times = block.lines.get(timing).copied().unwrap_or_default();
        let rest = block.lines.get(timing + 1..).unwrap_or_default();
        // Cues that follow without a blank line would lose their times.
        if let Some(next) = rest.iter().position(|line| line.contains("-->")) {
            let problem = "times without a blank line before the cue they belong to";
            self.violations.push(Violation::new(place(line + 1 + next), problem));
        }
        match parse_times(times) {
            Ok((start_ms, end_ms)) => {
                self.check(line, start_ms, end_ms);
                self.cues.push(Cue { start_ms, end_ms, text: rest.join("\n") });
            }
            Err(problem) => self.violations.push(Violation::new(place(line), problem)),
        }
    }

    /// Lines without times: a number alone is an empty cue; words go on with the cue before, whose text had a blank
    /// line in it.
    fn loose(&mut self, block: &Block<'_>) {
        let is_number = matches!(block.lines.as_slice(), [line] if line.trim().bytes().all(|b| b.is_ascii_digit()));
        if is_number {
            return;
        }
        match self.cues.last_mut() {
            Some(cue) => {
                cue.text.push('\n');
                cue.text.push_str(&block.lines.join("\n"));
            }
            None if self.violations.is_empty() => {
                let problem = "words without times; a cue has a line like 00:00:01.000 --> 00:00:02.500";
                self.violations.push(Violation::new(place(block.line), problem));
            }
            None => {}
        }
    }

    fn check(&mut self, line: usize, start_ms: u64, end_ms: u64) {
        if end_ms < start_ms {
            let problem = format!("the cue ends at {}, before it starts at {}", clock(end_ms), clock(start_ms));
            self.violations.push(Violation::new(place(line), problem));
        }
        if let Some((before, start)) = self.previous.filter(|(_, start)| start_ms < *start) {
            let problem =
                format!("the cue starts at {}, before the one of line {before} at {}", clock(start_ms), clock(start));
            self.violations.push(Violation::new(place(line), problem));
        }
        self.previous = Some((line, start_ms));
    }
}

fn place(line: usize) -> String {
    format!("line {line}")
}

fn parse_times(line: &str) -> Result<(u64, u64), String> {
    let (start, rest) = line.split_once("-->").unwrap_or((line, ""));
    // WebVTT puts settings behind the times.
    let end = rest.split_whitespace().next().unwrap_or_default();
    Ok((parse_time(start.trim())?, parse_time(end)?))
}

/// `[hh:]mm:ss.mmm`, with a point or a comma.
pub(super) fn parse_time(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{}` is no time like 00:01:02.500", text.chars().take(40).collect::<String>());
    let (clock, fraction) = text.split_once(['.', ',']).ok_or_else(wrong)?;
    let number = |digits: &str, most: usize| {
        let valid = (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        valid.then(|| digits.parse::<u64>().ok()).flatten().ok_or_else(wrong)
    };
    let parts = clock.split(':').map(|part| number(part, 4)).collect::<Result<Vec<_>, _>>()?;
    let (hours, minutes, seconds) = match parts.as_slice() {
        [minutes, seconds] => (0, *minutes, *seconds),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return Err(wrong()),
    };
    if minutes > 59 || seconds > 59 || fraction.len() != 3 {
        return Err(wrong());
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) * 1000 + number(fraction, 3)?)
}
