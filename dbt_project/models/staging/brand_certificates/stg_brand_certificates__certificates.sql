-- One row per certificate.
{{ stage('brand_certificates', 'certificates') }}
