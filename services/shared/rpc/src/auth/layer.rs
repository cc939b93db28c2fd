//! The layer that lets a call through, or not.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::Either;
use http::{Request, Response};
use throughline_proto::common::v1::Role;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::verifier::Refused;
use super::{Principal, Verifier};
use crate::methods::Methods;
use crate::{Error, Reason};

/// Checks token and role of each call and leaves a [`Principal`] in the request. Health and reflection pass without.
#[derive(Clone)]
pub struct AuthLayer {
    verifier: Arc<Verifier>,
    methods: Arc<Methods>,
}

impl AuthLayer {
    /// Guards the methods of a server.
    #[must_use]
    pub fn new(verifier: Arc<Verifier>, methods: Arc<Methods>) -> Self {
        Self { verifier, methods }
    }

    /// What the call needs; None where it passes without a token.
    fn needed(&self, request: &Request<Body>) -> Result<Option<Needed>, Error> {
        let path = request.uri().path();
        if path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.v1") {
            return Ok(None);
        }
        // Unknown methods go on to be answered UNIMPLEMENTED; they reach no handler.
        let Some(method) = self.methods.get(path) else { return Ok(None) };
        let header = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(bearer).ok_or_else(|| {
            Error::unauthenticated(Reason::TokenMissing, "send a token as metadata `authorization: Bearer …`")
        })?;
        let any_of = Arc::clone(&method.any_of);
        Ok(Some(Needed { any_of, token: token.to_owned() }))
    }
}

struct Needed {
    any_of: Arc<[Role]>,
    token: String,
}

impl Needed {
    /// Leaves the caller in the request when it holds a role that is needed.
    fn admit(&self, principal: Principal, request: &mut Request<Body>) -> Result<(), Error> {
        if !principal.holds_any(&self.any_of) {
            let required = self.any_of.iter().map(|role| role_name(*role)).collect::<Vec<_>>().join(", ");
            return Err(Error::permission_denied(Reason::RoleRequired, format!("needs one of the roles: {required}"))
                .with_metadata("required_roles", required));
        }
        request.extensions_mut().insert(principal);
        Ok(())
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn role_name(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase()
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService { inner, layer: self.clone() }
    }
}

/// See [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    inner: S,
    layer: AuthLayer,
}

type Answer<E> = Result<Response<Body>, E>;
type Later<E> = Pin<Box<dyn Future<Output = Answer<E>> + Send>>;

impl<S> Service<Request<Body>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Either<Ready<Answer<S::Error>>, Later<S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let refuse = |error: Error| Either::Right(Either::Left(ready(Ok(Status::from(error).into_http()))));
        let needed = match self.layer.needed(&request) {
            Ok(Some(needed)) => needed,
            Ok(None) => return Either::Left(self.inner.call(request)),
            Err(error) => return refuse(error),
        };
        match self.layer.verifier.attempt(&needed.token) {
            Ok(principal) => match needed.admit(principal, &mut request) {
                Ok(()) => Either::Left(self.inner.call(request)),
                Err(error) => refuse(error),
            },
            Err(Refused::For(error)) => refuse(error),
            Err(Refused::UnknownKey(issuer, _)) => {
                // The clone takes the place of the one that is ready.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                let verifier = Arc::clone(&self.layer.verifier);
                Either::Right(Either::Right(Box::pin(async move {
                    issuer.fetch_for_unknown_key().await;
                    let admitted = verifier.verify(&needed.token).and_then(|caller| needed.admit(caller, &mut request));
                    match admitted {
                        Ok(()) => inner.call(request).await,
                        Err(error) => Ok(Status::from(error).into_http()),
                    }
                })))
            }
        }
    }
}
