use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    failures_in_a_row: 3,
    window: Duration::from_secs(60),
    first_backoff: Duration::from_secs(1),
    max_backoff: Duration::from_secs(8),
};
const TICK: Duration = Duration::from_millis(10);

fn fail(breaker: &mut Breaker, now: Instant) {
    let pass = breaker.admit(now).unwrap();
    breaker.failed(pass, now, None);
}

fn succeed(breaker: &mut Breaker, now: Instant) {
    let pass = breaker.admit(now).unwrap();
    breaker.succeeded(pass, now, Duration::from_millis(100), Duration::from_secs(1));
}

#[test]
fn failures_in_a_row_open_it_and_one_probe_at_a_time_closes_it() {
    let (mut breaker, mut now) = (Breaker::new(LIMITS), Instant::now());
    (0..3).for_each(|_| fail(&mut breaker, now));
    assert_eq!(breaker.admit(now), Err(Duration::from_secs(1)));
    now += Duration::from_secs(1);
    let probe = breaker.admit(now).unwrap();
    assert!(breaker.admit(now).is_err(), "the probe is alone");
    breaker.succeeded(probe, now, TICK, TICK);
    assert_eq!(breaker.wait(now), None);
    assert_ne!(breaker.state(now), State::Open);
}

#[test]
fn a_probe_that_fails_doubles_the_wait_up_to_the_most() {
    let (mut breaker, mut now) = (Breaker::new(LIMITS), Instant::now());
    (0..3).for_each(|_| fail(&mut breaker, now));
    for seconds in [1, 2, 4, 8, 8] {
        let wait = Duration::from_secs(seconds);
        assert_eq!(breaker.admit(now), Err(wait));
        now += wait;
        fail(&mut breaker, now);
    }
    now += Duration::from_secs(8);
    succeed(&mut breaker, now);
    (0..3).for_each(|_| fail(&mut breaker, now));
    assert_eq!(breaker.admit(now), Err(Duration::from_secs(1)), "an answer makes the next wait short again");
}

#[test]
fn one_in_three_keeps_it_in_use_and_shows() {
    let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
    for segment in 0..60 {
        if segment % 3 == 2 { fail(&mut breaker, now) } else { succeed(&mut breaker, now) }
    }
    assert_eq!(breaker.state(now), State::Degraded);
    assert_eq!(breaker.wait(now), None);
}

#[test]
fn one_that_mostly_fails_is_left_alone_though_it_answers_now_and_then() {
    let (mut breaker, now) = (Breaker::new(Limits { failures_in_a_row: 100, ..LIMITS }), Instant::now());
    let opened = (0..40).find(|segment| {
        if segment % 8 == 0 {
            succeed(&mut breaker, now)
        } else {
            fail(&mut breaker, now)
        }
        breaker.wait(now).is_some()
    });
    assert_eq!(opened, Some(9));
}

#[test]
fn an_engine_that_names_a_time_is_not_asked_before() {
    let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
    let pass = breaker.admit(now).unwrap();
    breaker.failed(pass, now, Some(Duration::from_secs(5)));
    assert_eq!(breaker.admit(now), Err(Duration::from_secs(5)));
    let mut greedy = Breaker::new(LIMITS);
    let pass = greedy.admit(now).unwrap();
    greedy.failed(pass, now, Some(Duration::from_secs(86_400)));
    assert_eq!(greedy.admit(now), Err(LIMITS.max_backoff));
}

#[test]
fn a_probe_that_is_given_up_leaves_the_probe_to_the_next() {
    let (mut breaker, mut now) = (Breaker::new(LIMITS), Instant::now());
    (0..3).for_each(|_| fail(&mut breaker, now));
    now += Duration::from_secs(1);
    let probe = breaker.admit(now).unwrap();
    breaker.given_up(probe, now);
    succeed(&mut breaker, now);
    assert_eq!(breaker.wait(now), None);
}

#[test]
fn what_is_old_says_nothing() {
    let (mut breaker, now) = (Breaker::new(LIMITS), Instant::now());
    succeed(&mut breaker, now);
    assert_eq!(breaker.real_time_factor(now), Some(0.1));
    assert_eq!(breaker.state(now), State::Healthy);
    let later = now + LIMITS.window + TICK;
    assert_eq!((breaker.state(later), breaker.real_time_factor(later)), (State::Unknown, None));
}

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Admit,
    /// Which of those under way ends, and how: answered, failed, failed with a time, given up.
    End(usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u64..3_000).prop_map(Step::Wait),
        Just(Step::Admit),
        (any::<usize>(), 0_u8..4).prop_map(|(which, how)| Step::End(which, how)),
    ]
}

proptest! {
    #[test]
    fn it_never_locks_up_and_lets_one_probe_through_at_a_time(steps in proptest::collection::vec(step(), 0..200)) {
        let (mut breaker, mut now) = (Breaker::new(LIMITS), Instant::now());
        let mut under_way: Vec<Pass> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(ms) => now += Duration::from_millis(ms),
                Step::Admit => {
                    let wait = breaker.wait(now);
                    let admitted = breaker.admit(now);
                    prop_assert_eq!(wait, admitted.err());
                    match admitted {
                        Ok(pass) => under_way.push(pass),
                        Err(wait) => prop_assert!(wait > Duration::ZERO && wait <= LIMITS.max_backoff),
                    }
                }
                Step::End(which, how) if !under_way.is_empty() => {
                    let pass = under_way.swap_remove(which % under_way.len());
                    match how {
                        0 => breaker.succeeded(pass, now, TICK, TICK),
                        1 => breaker.failed(pass, now, None),
                        2 => breaker.failed(pass, now, Some(Duration::from_secs(2))),
                        _ => breaker.given_up(pass, now),
                    }
                }
                Step::End(..) => {}
            }
            prop_assert!(under_way.iter().filter(|pass| pass.probe).count() <= 1);
        }
        // Whatever happened: once what is under way has ended, the longest wait lets the next one through.
        for pass in under_way {
            breaker.failed(pass, now, None);
        }
        now += LIMITS.max_backoff;
        let pass = breaker.admit(now);
        prop_assert!(pass.is_ok());
        if let Ok(pass) = pass {
            breaker.succeeded(pass, now, TICK, TICK);
        }
        prop_assert_eq!(breaker.wait(now), None);
    }
}
