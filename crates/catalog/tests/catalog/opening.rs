//! Opening: once and again, after a crash, after a later release, and on a server that may lose what it keeps.

use catalog::{CatalogError, CatalogTarget, PostgresUrl, RegionCatalog};
use ebs::Incarnation;
use sqlx::Connection;

use crate::bed::{
    Bed, INCARNATION, QUOTAS, alice, bob, claim, completed_copy, copy, on_both_engines, plain_domain,
};

on_both_engines!(
    what_was_committed_is_there_after_a_crash,
    a_later_schema_is_refused,
    one_of_many_makes_the_store_and_the_domain,
    many_open_a_new_catalog_at_once,
);

async fn what_was_committed_is_there_after_a_crash(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (id, segment) = completed_copy(&catalog, &domain).await;
    let pending = copy();
    catalog.create_copy(&pending, &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    // Dropped, not closed, with an operation cut short.
    let cut_short = copy();
    tokio::select! {
        biased;
        _ = catalog.create_copy(&cut_short, &QUOTAS) => {}
        () = tokio::task::yield_now() => {}
    }
    drop(catalog);
    let catalog = bed.open().await;
    let record = catalog.snapshot(alice(), id).await.expect("reads").expect("is there");
    assert_eq!(record.root, Some(segment.to_bytes().to_vec()));
    assert_eq!(catalog.some_root().await.expect("reads"), record.root, "not that of a pending one");
    assert!(catalog.heartbeat_job(job.session, 10, crate::bed::FAR).await.expect("beats"));
    let store = catalog.store().await.expect("reads").expect("is there");
    assert_eq!((store.incarnation, store.key_check.as_slice()), (INCARNATION, b"check".as_slice()));
    assert_eq!(catalog.domain(domain.id).await.expect("reads"), Some(domain));
    catalog.ping().await.expect("answers");
    catalog.close().await;
    assert!(matches!(catalog.ping().await, Err(CatalogError::Unavailable { .. })));
}

async fn a_later_schema_is_refused(bed: Bed) {
    bed.open().await.close().await;
    let sql = "INSERT INTO schema_version (version) VALUES (7)";
    match &bed.target {
        CatalogTarget::Sqlite(path) => {
            let url = format!("sqlite://{}", path.display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("connects");
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("inserts");
        }
        CatalogTarget::Postgres(_) => {
            let url = crate::postgres::url().expect("a server");
            let mut connection = sqlx::PgConnection::connect(url).await.expect("connects");
            let schema = format!("region_{}", bed.region.as_str().replace('-', "_"));
            let sql = sql.replace("schema_version", &format!("{schema}.schema_version"));
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("inserts");
        }
    }
    let refused = RegionCatalog::open(&bed.target, &bed.region).await.err();
    assert!(matches!(refused, Some(CatalogError::NewerSchema { found: 7, known: 2 })), "{refused:?}");
}

async fn one_of_many_makes_the_store_and_the_domain(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    assert_eq!(one.store().await.expect("reads"), None);
    assert_eq!(one.some_root().await.expect("reads"), None);
    assert!(matches!(one.bump_epoch().await, Err(CatalogError::Missing { what: "store" })));
    let (a, b) = tokio::join!(
        one.create_store(Incarnation([1; 16]), b"a"),
        two.create_store(Incarnation([2; 16]), b"b")
    );
    assert_eq!(a.expect("creates"), b.expect("creates"));
    assert_eq!(one.domain_of(bob(), None).await.expect("reads"), None);
    let new = [1, 2].map(|byte| plain_domain(bob(), byte));
    let (a, b) = tokio::join!(one.create_domain(&new[0]), two.create_domain(&new[1]));
    let (a, b) = (a.expect("answers").expect("a domain"), b.expect("answers").expect("a domain"));
    assert_eq!(a, b);
    assert_eq!(one.domain_of(bob(), None).await.expect("reads"), Some(a.clone()));
    let others = one.create_domain(&plain_domain(alice(), 1)).await.expect("answers").expect("a domain");
    assert_ne!(others.id, a.id);
    assert_eq!(format!("{:?}", a.wrapped_secret), "WrappedSecret(..)");
}

async fn many_open_a_new_catalog_at_once(bed: Bed) {
    let opened = tokio::join!(bed.open(), bed.open(), bed.open(), bed.open());
    opened.0.create_store(INCARNATION, b"").await.expect("creates");
    assert!(opened.3.store().await.expect("reads").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_is_opened_by_many_over_and_over() {
    for _ in 0..50 {
        let bed = std::sync::Arc::new(Bed::sqlite());
        let opening: Vec<_> = (0..6)
            .map(|_| {
                let bed = bed.clone();
                tokio::spawn(async move { drop(bed.open().await) })
            })
            .collect();
        for opened in opening {
            opened.await.expect("opens");
        }
    }
}

#[tokio::test]
async fn a_server_that_may_lose_commits_is_refused() {
    let Some(url) = tokio::task::spawn_blocking(crate::postgres::url).await.expect("no panic") else {
        return;
    };
    let mut connection = sqlx::PgConnection::connect(url).await.expect("connects");
    let database = format!("careless_{}", std::process::id());
    for sql in [
        format!("CREATE DATABASE {database}"),
        format!("ALTER DATABASE {database} SET synchronous_commit = off"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("is done");
    }
    let careless =
        CatalogTarget::Postgres(PostgresUrl::new(url.replace("/postgres?", &format!("/{database}?"))));
    let region = "us-east-1".parse().expect("a region");
    let refused = RegionCatalog::open(&careless, &region).await.err();
    assert!(
        matches!(refused, Some(CatalogError::NotDurable { setting: "synchronous_commit", .. })),
        "{refused:?}"
    );
    let sql = format!("DROP DATABASE {database} WITH (FORCE)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("is done");
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_not_repeated() {
    let target = CatalogTarget::Postgres(PostgresUrl::new("not a url: hunter2".to_owned()));
    let region = "us-east-1".parse().expect("a region");
    let refused = RegionCatalog::open(&target, &region).await.err().expect("is refused");
    assert!(matches!(refused, CatalogError::InvalidUrl));
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
}
