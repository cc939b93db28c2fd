use crate::talk::Talk;
use crate::world::World;
use futures::{StreamExt as _, stream};
use std::time::Instant;
use throughline_testkit::Backend;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speed() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        for reps in [8, 200] {
            let world = World::start(backend).await;
            let talks: Vec<Talk> = (0..200)
                .map(|n| {
                    Talk::on(&format!("c{n}"), i64::from(n / 8))
                        .by(&format!("Rep {}", n % reps))
                        .missed_all(6)
                        .observed("x")
                })
                .collect();
            talks.iter().for_each(|t| world.shelve(t));
            let started = Instant::now();
            let mut each: Vec<_> = stream::iter(&talks)
                .map(|t| async {
                    let s = Instant::now();
                    world.deliver(world.event(t)).await.unwrap();
                    s.elapsed()
                })
                .buffer_unordered(16)
                .collect()
                .await;
            let total = started.elapsed();
            each.sort();
            let world2 = World::start(backend).await;
            talks.iter().for_each(|t| world2.shelve(t));
            let started = Instant::now();
            for t in &talks[..60] {
                world2.deliver(world2.event(t)).await.unwrap();
            }
            println!(
                "{backend:?} reps {reps}: 16 at a time {:?} an event ({:?} median latency); one at a time {:?}",
                total / 200,
                each[100],
                started.elapsed() / 60
            );
        }
    }
}
