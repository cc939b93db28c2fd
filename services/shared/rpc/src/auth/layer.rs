//! The layer that lets a call through, or not.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::Either;
use http::{Request, Response};
use throughline_proto::common::v1::Role;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

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

    fn authorize(&self, request: &Request<Body>) -> Result<Option<Principal>, Error> {
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
        let principal = self.verifier.verify(token)?;
        if !principal.holds_any(&method.any_of) {
            let required = method.any_of.iter().map(|role| role_name(*role)).collect::<Vec<_>>().join(", ");
            return Err(Error::permission_denied(Reason::RoleRequired, format!("needs one of the roles: {required}"))
                .with_metadata("required_roles", required));
        }
        Ok(Some(principal))
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

impl<S> Service<Request<Body>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self.layer.authorize(&request) {
            Ok(principal) => {
                if let Some(principal) = principal {
                    request.extensions_mut().insert(principal);
                }
                Either::Left(self.inner.call(request))
            }
            Err(error) => Either::Right(ready(Ok(Status::from(error).into_http()))),
        }
    }
}
