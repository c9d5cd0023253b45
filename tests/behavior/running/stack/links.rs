//! Receivers of a relation's changes that change the relation.

/// A relation with a receiver of one action, and a test that makes the first change.
macro_rules! endless {
    (
        $name:ident($posts:literal, $tags:literal, $action:ident):
        async |$post:ident, $tag:ident, $tx:ident| $again:expr
    ) => {
        mod $name {
            use signals::{AnyModel, Db, M2mAction, Model, Result, Tx, m2m_changed, receiver};

            use crate::stack::{depth, is_ended, reaches_the_limit, with_locals};

            #[derive(Debug, Clone, Model)]
            #[model(table = $tags)]
            struct Tag {
                id: i64,
                n: i64,
            }

            #[derive(Debug, Clone, Model)]
            #[model(table = $posts, many_to_many(tags: Tag))]
            struct Post {
                id: i64,
                n: i64,
            }

            /// Makes the change with a tag of its own.
            async fn change($post: &Post, $tx: &Tx) -> Result<()> {
                #[allow(unused_variables, reason = "a clear takes none")]
                let $tag = Tag { id: depth() + 1, n: 0 };
                $again
            }

            #[receiver(m2m_changed, sender = PostTags)]
            async fn again(action: M2mAction, instance: &dyn AnyModel, tx: &Tx) -> Result<()> {
                if action != M2mAction::$action {
                    return Ok(());
                }
                let post = instance.downcast_ref::<Post>().unwrap();
                with_locals!(change(post, tx).await)
            }

            async fn start(db: &Db) -> Result<()> {
                let mut tags: Vec<_> = (1..40).map(|_| Tag { id: 0, n: 0 }).collect();
                Tag::bulk_create(db, &mut tags).await?;
                let mut post = Post { id: 0, n: 0 };
                post.save(db).await?;
                if M2mAction::$action == M2mAction::PostRemove {
                    post.tags().add(db, &tags).quiet().await?;
                }
                db.atomic(async |tx| change(&post, &tx).await).await
            }

            #[test]
            fn at_the_limit() {
                reaches_the_limit(module_path!(), async |db| is_ended(start(&db).await));
            }
        }
    };
}

endless! { add("stack_add_post", "stack_add_tag", PostAdd): async |post, tag, tx| post.tags().add(tx, [&tag]).await }
endless! { before_add("stack_pre_add_post", "stack_pre_add_tag", PreAdd): async |post, tag, tx| post.tags().add(tx, [&tag]).await }
endless! { remove("stack_remove_post", "stack_remove_tag", PostRemove): async |post, tag, tx| post.tags().remove(tx, [&tag]).await }
endless! { set("stack_set_post", "stack_set_tag", PostAdd): async |post, tag, tx| post.tags().set(tx, [&tag]).await }
endless! { set_anew("stack_anew_post", "stack_anew_tag", PostAdd): async |post, tag, tx| post.tags().set(tx, [&tag]).clear().await }
endless! { clear("stack_clear_post", "stack_clear_tag", PreClear): async |post, tag, tx| post.tags().clear(tx).await }
endless! { create("stack_create_post", "stack_create_tag", PostAdd): async |post, tag, tx| {
    let mut new = Tag { id: 0, n: tag.n };
    post.tags().create(tx, &mut new).await
} }
