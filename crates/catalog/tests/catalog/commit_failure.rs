//! What PostgreSQL answers, or fails to answer, to a COMMIT.

use catalog::{CatalogError, Epoch, RegionCatalog};
use sqlx::Connection;

use crate::bed::Bed;

struct Troubled {
    catalog: RegionCatalog,
    server: sqlx::PgConnection,
    schema: String,
}

/// A catalog, on whose store each commit of a change runs `body` first. Nothing without PostgreSQL.
async fn troubled(body: &str) -> Option<Troubled> {
    let bed = tokio::task::spawn_blocking(Bed::postgres).await.expect("no panic")?;
    let (catalog, _) = bed.furnished().await;
    let url = crate::postgres::url().expect("a server");
    let server = sqlx::PgConnection::connect(url).await.expect("connects");
    let schema = format!("region_{}", bed.region.as_str().replace('-', "_"));
    let mut troubled = Troubled { catalog, server, schema };
    troubled.run("CREATE SEQUENCE {schema}.tries").await;
    let function = "CREATE FUNCTION {schema}.trouble() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN {body} RETURN NULL; END $$";
    troubled.run(&function.replace("{body}", body)).await;
    troubled
        .run(
            "CREATE CONSTRAINT TRIGGER trouble AFTER UPDATE ON {schema}.store \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.trouble()",
        )
        .await;
    Some(troubled)
}

impl Troubled {
    async fn run(&mut self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.replace("{schema}", &self.schema));
        sqlx::raw_sql(sql).execute(&mut self.server).await.expect("is done");
    }
}

#[tokio::test]
async fn a_commit_without_an_answer_is_unknown() {
    let Some(mut it) = troubled("PERFORM pg_terminate_backend(pg_backend_pid());").await else { return };
    let outcome = it.catalog.bump_epoch().await;
    assert!(matches!(outcome, Err(CatalogError::CommitUnknown { .. })), "{outcome:?}");
    it.run("DROP TRIGGER trouble ON {schema}.store").await;
    assert_eq!(it.catalog.bump_epoch().await.expect("bumps"), Epoch(2), "nothing had been committed");
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    let conflict = "IF nextval('{schema}.tries') <= 3 THEN \
        RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;";
    let Some(it) = troubled(conflict).await else { return };
    assert_eq!(it.catalog.bump_epoch().await.expect("bumps at the fourth try"), Epoch(2));
}

#[tokio::test]
async fn conflicts_are_not_tried_for_ever() {
    let conflict = "PERFORM nextval('{schema}.tries'); RAISE EXCEPTION 'conflict' USING ERRCODE = '40P01';";
    let Some(mut it) = troubled(conflict).await else { return };
    let outcome = it.catalog.bump_epoch().await;
    assert!(matches!(outcome, Err(CatalogError::Conflict { .. })), "{outcome:?}");
    let sql = format!("SELECT last_value FROM {}.tries", it.schema);
    let row = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_one(&mut it.server).await.expect("reads");
    assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), 8);
}
