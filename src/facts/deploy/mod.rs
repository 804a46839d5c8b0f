//! Deployment files: each kind produces `Launch`es.
